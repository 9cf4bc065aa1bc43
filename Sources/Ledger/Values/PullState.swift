package import Recordings

/// Where the pull of a recording stands.
package struct PullState: Sendable, Hashable {
    /// Names the files.
    package let id: RecordingID
    /// Committed offset.
    package let durable: UInt64
    package let proven: UInt64
}
