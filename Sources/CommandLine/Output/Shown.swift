internal import Bytes
internal import Daemon
internal import GatewayAPI
internal import Recordings

/// Values as a person reads them. Text that is not ours is escaped.
enum Shown {
    /// The API escapes what came from a card; what people named is escaped here.
    static func text(_ text: String) -> String { ForeignText(text, limit: 4000).description.replacing("\\\\", with: "\\") }

    static func text(_ text: String?) -> String { text.map { Self.text($0) } ?? "–" }

    /// `11-23 09:14:01`, in the zone of this terminal.
    static func time(_ time: UTCTime?) -> String {
        guard let time else { return "–" }
        let local = LocalTime(milliseconds: time.milliseconds)
        return local.date.dropFirst(5) + " " + local.clock
    }

    /// `2026-11-23 09:14:01`
    static func fullTime(_ time: UTCTime?) -> String {
        guard let time else { return "–" }
        let local = LocalTime(milliseconds: time.milliseconds)
        return local.date + " " + local.clock
    }

    /// `2:31`, `1:02:03`
    static func length(milliseconds: some BinaryInteger) -> String {
        let seconds = (UInt64(clamping: milliseconds) + 500) / 1000
        func two(_ number: UInt64) -> String { (number < 10 ? "0" : "") + String(number) }
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }

    /// How far something is, as a bar.
    static func bar(_ full: Int, of width: Int) -> String { String(repeating: "█", count: full) + String(repeating: "·", count: width - full) }

    static func size(_ bytes: UInt64) -> String { ByteSize.text(bytes) }

    static func digest(_ digest: SHA256Digest?) -> String { digest.map { String($0.description.prefix(8)) } ?? "–" }
}
