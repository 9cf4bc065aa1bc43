internal import ArgumentParser
internal import FoundationEssentials
internal import Recordings

/// The clock of the machine that the command runs on.
enum WallTime {
    static var now: UTCTime { UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// The time that an option names.
    static func moment(_ words: String?, _ option: String, now: UTCTime) throws -> UTCTime? {
        guard let words else { return nil }
        guard let moment = MomentInWords(words, now: now) else {
            throw CommandEnd(
                .usage, "\(option) \(Shown.text(words)) is no time. Write today, yesterday 15:00, 2026-11-23, 7d, or 2026-11-23T09:14:01Z.")
        }
        return moment.time
    }
}
