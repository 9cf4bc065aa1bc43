/// What READ can name (Recorder Card Profile, Control Point, READ).
package enum ObjectNumber {
    /// Recordings not released.
    package static let list: UInt32 = 0
    package static let recordings: ClosedRange<UInt32> = 1...0xFFFF_FFEF
    /// Recordings released and still held.
    package static let releasedList: UInt32 = 0xFFFF_FFFE
    /// Events not acknowledged.
    package static let eventLog: UInt32 = 0xFFFF_FFFF

    /// As a length with capability 4: goes on while the recording grows.
    package static let follow: UInt64 = .max
}
