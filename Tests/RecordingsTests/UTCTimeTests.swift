import Recordings
import Testing

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_763_889_241_210, "2025-11-23T09:14:01.210Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func isWrittenAndReadAsRFC3339(milliseconds: Int64, text: String) {
        #expect(UTCTime(milliseconds: milliseconds).description == text)
        #expect(UTCTime(text)?.milliseconds == milliseconds)
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: -100_000, through: 100_000, by: 7) {
            let time = UTCTime(milliseconds: Int64(day) * 86_400_000 + 12_345_678)
            #expect(UTCTime(time.description) == time)
        }
    }

    @Test(arguments: [Int64.min, -(1 << 48), -62_167_219_200_001, 253_402_300_800_000, 1 << 48, .max])
    func whatCannotBeWrittenBecomesTheNearestThatCan(milliseconds: Int64) {
        let bound = milliseconds < 0 ? "0000-01-01T00:00:00.000Z" : "9999-12-31T23:59:59.999Z"
        for time in [UTCTime(milliseconds: milliseconds), UTCTime(milliseconds: milliseconds.signum()).advanced(by: milliseconds)] {
            #expect(time.description == bound)
            #expect(UTCTime(bound) == time)
        }
    }

    @Test func anOffsetLeadsOutOfNoYear() throws {
        #expect(UTCTime("0000-01-01T00:00:00+23:59")?.description == "0000-01-01T00:00:00.000Z")
        #expect(UTCTime("9999-12-31T23:59:59-23:59")?.description == "9999-12-31T23:59:59.999Z")
    }

    @Test func offsetsAndFractionsAreTakenIn() {
        #expect(UTCTime("2026-11-23T10:14:01.2+01:00") == UTCTime("2026-11-23T09:14:01.200Z"))
        #expect(UTCTime("2026-11-23T04:44:01-04:30") == UTCTime("2026-11-23T09:14:01Z"))
        #expect(UTCTime("2026-11-23T09:14:01.123456789Z")?.milliseconds.remainderReportingOverflow(dividingBy: 1000).partialValue == 123)
    }

    @Test(arguments: [
        "", "2026", "2026-11-23", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:14:01",
        "2026-11-23T09:14:01.Z",
        "2026-11-23T09:14:01Zx", "+026-11-23T09:14:01Z", "2026-11-23T09:14:01+1:00",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(UTCTime(text) == nil)
    }
}
