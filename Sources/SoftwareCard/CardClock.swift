internal import GATT
internal import Recordings

/// The card's clock in one boot: counts from power-on, and knows UTC once it was set. A reboot forgets it.
struct CardClock: Sendable {
    let boot: UInt16
    private let stopwatch: Stopwatch
    /// How long it had been on when the stopwatch started.
    private let before: Duration
    /// UTC at power-on.
    private(set) var powerOn: UTCTime?
    /// Of SET_TIME: minutes east of UTC, for the tags of recordings.
    private(set) var minutesEast: Int16 = 0

    /// - Parameter powerOn: UTC at this power-on; nil: it was forgotten.
    init(boot: UInt16, clock: any Clock<Duration>, uptime: Duration = .zero, powerOn: UTCTime? = nil) {
        self.boot = boot
        self.powerOn = powerOn
        before = uptime
        stopwatch = Stopwatch(clock)
    }

    var isSet: Bool { powerOn != nil }
    /// Since power-on.
    var elapsed: Duration { before + stopwatch.elapsed }
    var milliseconds: UInt64 { elapsed.milliseconds }

    /// Sleeps until a moment on this clock.
    func sleep(until moment: Duration) async throws { try await stopwatch.sleep(until: moment - before) }

    /// The time now, or so many milliseconds ago, but not before power-on.
    func time(millisecondsAgo ago: UInt64 = 0) -> CardTime {
        // Read once: a card that is younger than `ago` may be a millisecond older at the second look.
        let now = milliseconds
        let at = now - min(ago, now)
        return CardTime(powerOn.map { .utc($0.advanced(by: Int64(clamping: at))) } ?? .sincePowerOn(milliseconds: at), boot: boot)
    }

    /// - Returns: whether the profile wants it logged: the clock was not set, or moved by more than 1 s.
    mutating func set(_ now: UTCTime, minutesEast: Int16) -> Bool {
        let new = now.advanced(by: -Int64(clamping: milliseconds))
        defer {
            powerOn = new
            self.minutesEast = minutesEast
        }
        guard let old = powerOn else { return true }
        return (new.milliseconds - old.milliseconds).magnitude > 1000
    }

    /// Shows another time without having been set.
    ///
    /// - Returns: false when it shows that time already.
    mutating func show(_ now: UTCTime) -> Bool {
        let new = now.advanced(by: -Int64(clamping: milliseconds))
        guard new != powerOn else { return false }
        powerOn = new
        return true
    }

    /// Forgets UTC, not the time since power-on.
    ///
    /// - Returns: false when it was not set.
    mutating func unset() -> Bool {
        defer { powerOn = nil }
        return isSet
    }

    /// RFC 3339 with the offset of SET_TIME; nil for a time taken without a clock.
    func text(of time: CardTime) -> String? {
        guard case .utc(let utc) = time.reading else { return nil }
        let local = utc.advanced(by: Int64(minutesEast) * 60_000).description.dropLast()
        let minutes = Int(minutesEast.magnitude)
        return local + (minutesEast < 0 ? "-" : "+") + pad(minutes / 60) + ":" + pad(minutes % 60)
    }
}

extension Duration {
    /// Whole milliseconds; 0 for a negative duration.
    var milliseconds: UInt64 {
        let (seconds, fraction) = components
        let (whole, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1000)
        return overflow ? .max : whole + UInt64(clamping: fraction / 1_000_000_000_000_000)
    }
}
