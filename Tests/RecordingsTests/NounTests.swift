import Recordings
import Testing

@Suite struct NounTests {
    @Test func naturalKeysAreTheSameOnAllGateways() throws {
        let generation = Generation(serial: try #require(CardSerial("A1-0007EC7C21")), number: 0x0B0C_91AA)
        #expect(generation.recordingKey(214) == "A1-0007EC7C21/0b0c91aa/r214")
        #expect(generation.eventKey(118) == "A1-0007EC7C21/0b0c91aa/e118")
    }

    @Test(arguments: ["", ".", ".hidden", "a/b", "a b", "ä", String(repeating: "a", count: 33), "a\n"])
    func aSerialThatCouldNameAFileElsewhereIsNone(text: String) {
        #expect(CardSerial(text) == nil)
    }

    @Test func digestsAreReadAsTheyAreWritten() throws {
        let digest = try #require(SHA256Digest((0..<32).map { UInt8($0 * 8) }))
        #expect(SHA256Digest(hex: digest.description) == digest)
        #expect(digest.prefix == [0, 8, 16, 24, 32, 40, 48, 56])
        #expect(SHA256Digest([1, 2, 3]) == nil)
        #expect(SHA256Digest(hex: String(repeating: "g", count: 64)) == nil)
        for pair in ["+1", "-0", "١1", " 1", "０0"] {
            #expect(SHA256Digest(hex: String(repeating: pair, count: 32)) == nil, "\(pair)")
        }
        #expect(SHA256Digest(hex: String(repeating: "aB", count: 32))?.bytes == [UInt8](repeating: 0xAB, count: 32))
    }

    @Test func aReadingMendsTimesOfItsBootOnly() {
        let reading = ClockReading(boot: 7, powerOn: UTCTime(milliseconds: 1_000_000))
        #expect(reading.mend(CardTime(.sincePowerOn(milliseconds: 500), boot: 7)) == UTCTime(milliseconds: 1_000_500))
        #expect(reading.mend(CardTime(.sincePowerOn(milliseconds: 500), boot: 8)) == nil)
        #expect(reading.mend(CardTime(.utc(UTCTime(milliseconds: 5)), boot: 7)) == nil)
        #expect(reading.mend(CardTime(.sincePowerOn(milliseconds: .max), boot: 7)) != nil, "no number of a card traps")
    }

    @Test func unknownKindsAndButtonsAreKept() {
        for number in UInt16.min...300 {
            let kind = RecordingKind(number: number)
            #expect(kind.number == number)
            #expect(RecordingKind(kind.description) == kind)
        }
        for number in UInt8.min ... .max {
            #expect(Button(number: number).number == number)
            #expect(Gesture(number: number).number == number)
        }
        #expect(RecordingKind("kind-") == nil)
    }

    @Test func aScreenNoteFitsTheCard() {
        let note = ScreenNote("Ünïcödé — " + String(repeating: "long ", count: 20) + "\u{1B}[2J")
        #expect(note.text.utf8.count <= ScreenNote.maximumBytes)
        #expect(ScreenNote("a\nb").text == "a b")
        #expect(ScreenNote(String(repeating: "👩‍👩‍👧", count: 3)).text == "👩‍👩‍👧👩‍👩‍👧")
    }

    @Test func anOwnerKeyIsNeverPrinted() throws {
        let key = try #require(OwnerKey(Array(repeating: 0xAB, count: 32)))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.lowercased().contains("ab") && !text.contains("171")) }
    }

    @Test func aSlowWatcherLosesTheOldestAndHoldsNobodyUp() async {
        let feed = ActivityFeed()
        let numbers = await feed.withActivities { stream in
            for number in 1...2000 {
                feed.publish(Activity(card: nil, at: UTCTime(milliseconds: Int64(number)), what: .connecting))
            }
            var seen: [Int64] = []
            for await activity in stream {
                seen.append(activity.at.milliseconds)
                if activity.at.milliseconds == 2000 { break }
            }
            return seen
        }
        #expect(numbers.count == ActivityFeed.capacity)
        #expect(numbers.first == 2000 - Int64(ActivityFeed.capacity) + 1)
    }
}
