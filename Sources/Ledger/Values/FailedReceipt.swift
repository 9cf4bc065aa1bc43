package import Recordings

/// The answer to `failed`.
package struct FailedReceipt: Sendable, Hashable {
    /// `ready` or `dead`.
    package let state: JobState
    package let waits: Duration
}
