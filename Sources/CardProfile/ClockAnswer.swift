internal import Bytes
package import Recordings

/// What SET_TIME answers.
package struct ClockAnswer: Hashable, Sendable {
    /// The card's time before it was set.
    package let before: CardTime
    package let millisecondsSincePowerOn: UInt64

    package init(before: CardTime, millisecondsSincePowerOn: UInt64) {
        self.before = before
        self.millisecondsSincePowerOn = millisecondsSincePowerOn
    }

    init(_ reader: inout ByteReader) throws(ParseError) {
        let reading = CardTime.Reading(wire: try reader.u48("card time before"))
        millisecondsSincePowerOn = try reader.u48("ms since power-on")
        before = CardTime(reading, boot: try reader.u16("boot"))
    }

    func write(to writer: inout ByteWriter) {
        writer.u48(before.reading.wire)
        writer.u48(millisecondsSincePowerOn)
        writer.u16(before.boot)
    }

    /// What the answer tells of this boot, when `now` was the time sent (Events: now - ms since power-on + lower 47 bits).
    package func reading(now: UTCTime) -> ClockReading {
        ClockReading(boot: before.boot, powerOn: now.advanced(by: -Int64(clamping: millisecondsSincePowerOn)))
    }
}
