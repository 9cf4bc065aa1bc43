/// A time as a card took it.
package struct CardTime: Hashable, Sendable {
    package enum Reading: Hashable, Sendable {
        /// The card's clock was set.
        case utc(UTCTime)
        /// It was not: milliseconds since power-on.
        case sincePowerOn(milliseconds: UInt64)
    }

    package let reading: Reading
    /// Which start of the card (it counts them modulo 65536).
    package let boot: UInt16

    package init(_ reading: Reading, boot: UInt16) {
        self.reading = reading
        self.boot = boot
    }
}

/// How far a time is to be believed.
package enum ClockTrust: String, Sendable, Codable, CaseIterable {
    /// The card's clock was set when it took the time.
    case set
    /// Taken without a clock, put right by a later clock setting of the same boot.
    case mended
    /// Derived from its neighbours.
    case estimated
    /// Not known.
    case unknown
}

/// What a clock setting tells of the boot it happened in: the wall time that stands for power-on.
package struct ClockReading: Hashable, Sendable {
    package let boot: UInt16
    /// UTC at the moment when the card's time since power-on was 0.
    package let powerOn: UTCTime

    package init(boot: UInt16, powerOn: UTCTime) {
        self.boot = boot
        self.powerOn = powerOn
    }

    /// The time in UTC, if it was taken in this boot without a clock.
    package func mend(_ time: CardTime) -> UTCTime? {
        guard time.boot == boot, case .sincePowerOn(let milliseconds) = time.reading else { return nil }
        return powerOn.advanced(by: Int64(clamping: milliseconds))
    }
}
