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

extension ClockReading {
    /// What a clock setting tells of its boot (Recorder Card Profile, Events: its time - clock before + lower 47 bits); nil for all other events,
    /// and where the clock had been set before.
    package init?(_ event: CardEvent) {
        guard case .clockSet(let before) = event.what, case .sincePowerOn(let milliseconds) = before.reading, case .utc(let now) = event.time.reading
        else { return nil }
        self.init(boot: event.time.boot, powerOn: now.advanced(by: -Int64(clamping: milliseconds)))
    }

    /// The first and the last reading of each boot, in the order of the events: the first mends what had no clock, the last is what holds. A log
    /// of nothing but clock settings tells no more than that.
    package static func ends(of events: [CardEvent]) -> [ClockReading] {
        var ends: [UInt16: (first: Int, last: Int)] = [:]
        let readings = events.compactMap { ClockReading($0) }
        for (position, reading) in readings.enumerated() { ends[reading.boot, default: (position, position)].last = position }
        return Set(ends.values.flatMap { [$0.first, $0.last] }).sorted().map { readings[$0] }
    }
}
