import Recordings
import Testing

@Suite struct IdentifierTests {
    @Test func isAPrefixAndTwentySixDigitsOfAUUIDv7() throws {
        let id = RecordingID.make(at: UTCTime(milliseconds: 0x0199_AABB_CCDD), random: 0x0123_4567_89AB_CDEF, sequence: 0x0ABC)
        #expect(id.description.hasPrefix("rec_"))
        #expect(id.description.utf8.count == 30)
        // RFC 9562, 5.7: 48 bits of milliseconds, version 7, 12 bits, variant 10.
        #expect(id.high >> 16 == 0x0199_AABB_CCDD)
        #expect(id.high >> 12 & 0xF == 7)
        #expect(id.high & 0xFFF == 0xABC)
        #expect(id.low >> 62 == 0b10)
        #expect(RecordingID(id.description) == id)
        #expect(RecordingID(id.description.lowercased()) == id)
    }

    @Test func sortsByTimeThenByTheOrderOfMaking() {
        let early = JobID.make(at: UTCTime(milliseconds: 1000))
        let late = JobID.make(at: UTCTime(milliseconds: 2000))
        #expect(early < late)
        #expect(early.description < late.description)
        let ids = (0..<100).map { JobID.make(at: UTCTime(milliseconds: 5), random: 0, sequence: UInt16($0)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    /// A gateway that runs for months counts further than the counter is wide.
    @Test func theCountBeginsAnew() {
        let made = Set((0...Int(UInt16.max) + 1).map { _ in IdentifierSequence.next() & 0x0FFF })
        #expect(made.count == 4096)
    }

    @Test func oneBehindAnotherSortsBehindItWhateverTheClockSays() {
        var last = RecordingID.make(at: UTCTime(milliseconds: 9000), random: .max, sequence: 0x0FFF)
        for time in [Int64(9000), 9000, 1, 9001, 0, 8000] {
            let next = RecordingID.make(at: UTCTime(milliseconds: time), random: 0, behind: last)
            #expect(next > last && next.description > last.description)
            last = next
        }
        #expect(RecordingID.make(at: UTCTime(milliseconds: 90_000), random: 0, behind: last).high >> 16 == 90_000)
    }

    @Test(arguments: [
        "", "rec_", "job_01M84HC27EE0BB089DZQB0AQ9D", "rec_01M84HC27EE0BB089DZQB0AQ9", "rec_U1M84HC27EE0BB089DZQB0AQ9D",
        "rec_Z1M84HC27EE0BB089DZQB0AQ9D",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(RecordingID(text) == nil)
    }
}
