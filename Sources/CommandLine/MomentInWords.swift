internal import Daemon
internal import Recordings

/// Times as people say them: `today`, `yesterday 15:00`, `2026-11-23`, `2026-11-23 9:14`, `7d`, or RFC 3339. Without a time of day it is the
/// day's first moment; days are those of this terminal's zone.
struct MomentInWords: Hashable {
    let time: UTCTime
    /// How far the words reach: a minute, a day, or nothing when they are exact.
    let span: Int64

    private static let minute: Int64 = 60_000
    private static let day: Int64 = 86_400_000

    init?(_ text: some StringProtocol, now: UTCTime) {
        if let exact = UTCTime(text) {
            self.init(time: exact, span: 0)
            return
        }
        let words = String(text).split(separator: " ")
        guard let first = words.first, words.count <= 2 else { return nil }
        if words.count == 1, first.hasSuffix("d"), let days = Int64(first.dropLast()), (0...36_500).contains(days) {
            self.init(time: now.advanced(by: -days * Self.day), span: 0)
            return
        }
        let clock = words.count == 2 ? Self.clock(words[1]) : Self.clock(first)
        guard let date = words.count == 1 && clock != nil ? Self.date("today", now) : Self.date(first, now), words.count == 1 || clock != nil,
            let start = LocalTime.milliseconds(
                year: date.year, month: date.month, day: date.day, hour: clock?.hour ?? 0, minute: clock?.minute ?? 0)
        else { return nil }
        self.init(time: UTCTime(milliseconds: start), span: clock == nil ? Self.day : Self.minute)
    }

    private init(time: UTCTime, span: Int64) {
        self.time = time
        self.span = span
    }

    private static func date(_ word: Substring, _ now: UTCTime) -> (year: Int, month: Int, day: Int)? {
        switch word {
        case "today", "yesterday":
            let local = LocalTime(milliseconds: now.milliseconds - (word == "today" ? 0 : day))
            return (local.year, local.month, local.day)
        default:
            guard word.utf8.count == 10, let noon = UTCTime(word + "T12:00:00Z") else { return nil }
            let fields = noon.fields
            return (fields.year, fields.month, fields.day)
        }
    }

    private static func clock(_ word: Substring) -> (hour: Int, minute: Int)? {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 2, let hour = UInt8(parts[0]), let minute = UInt8(parts[1]), hour < 24, minute < 60 else {
            return nil
        }
        return (Int(hour), Int(minute))
    }
}
