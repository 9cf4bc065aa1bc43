package import Recordings

/// A number that was never listed here.
package struct AbsentNumbers: Sendable, Hashable {
    package let generation: Generation
    package let first: UInt32
    package let last: UInt32
    /// `releasedElsewhere` or `vanished`.
    package let state: RecordingState
    package let cause: String
    package let since: UTCTime
}
