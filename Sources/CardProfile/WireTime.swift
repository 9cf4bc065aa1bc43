package import Recordings

/// The profile's `u48` time (introduction, Times): bit 47 clear, milliseconds since the Unix epoch in UTC; set, milliseconds
/// since power-on.
extension CardTime.Reading {
    private static let bit47: UInt64 = 1 << 47

    /// Any 48 bits are a time.
    package init(wire: UInt64) {
        let milliseconds = wire & (Self.bit47 - 1)
        self = wire & Self.bit47 == 0 ? .utc(UTCTime(milliseconds: Int64(milliseconds))) : .sincePowerOn(milliseconds: milliseconds)
    }

    /// A time that 47 bits cannot hold becomes the nearest that they can.
    package var wire: UInt64 {
        switch self {
        case .utc(let time): min(UInt64(max(0, time.milliseconds)), Self.bit47 - 1)
        case .sincePowerOn(let milliseconds): min(milliseconds, Self.bit47 - 1) | Self.bit47
        }
    }
}
