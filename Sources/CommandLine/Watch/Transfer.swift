internal import Recordings

/// A recording on its way: how far, how fast, until when.
struct Transfer {
    let recording: UInt32
    private(set) var offset: UInt64
    private(set) var size: UInt64
    /// Bytes a second, the last seconds counting most; nil until two moments are known.
    private(set) var rate: Double?
    private var mark: (at: UTCTime, offset: UInt64)

    /// A shorter time than this tells more of the scheduler than of the link.
    private static let shortest: Int64 = 200
    /// How much of a new measurement counts after a second of it.
    private static let weight = 0.3

    init(recording: UInt32, offset: UInt64, size: UInt64, at: UTCTime) {
        self.recording = recording
        self.offset = offset
        self.size = size
        mark = (at, offset)
    }

    mutating func progress(to offset: UInt64, of size: UInt64, at: UTCTime) {
        self.size = size
        self.offset = offset
        let elapsed = at.milliseconds - mark.at.milliseconds
        // A clock that was set back, or a transfer that went back: measured anew from here.
        guard elapsed >= 0, offset >= mark.offset else {
            mark = (at, offset)
            rate = nil
            return
        }
        guard elapsed >= Self.shortest else { return }
        let new = Double(offset - mark.offset) * 1000 / Double(elapsed)
        let share = min(1, Self.weight * max(1, Double(elapsed) / 1000))
        rate = rate.map { $0 + (new - $0) * share } ?? new
        mark = (at, offset)
    }

    var percent: Int { size == 0 ? 0 : Int(min(100, Double(offset) * 100 / Double(size))) }

    /// Milliseconds until the rest is here; nil while the speed is not known, or nothing comes.
    var remaining: Int64? {
        guard let rate, rate >= 1 else { return nil }
        return Int64(min(Double(size - min(offset, size)) * 1000 / rate, 86_400_000 * 365))
    }
}
