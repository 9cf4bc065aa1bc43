package import Recordings

/// The answer to `done`; the same when it is said twice with the same lease.
package struct DoneReceipt: Sendable, Hashable {
    /// Versions by name.
    package let annotations: [String: Int]
    package let screen: ScreenID?
    package let jobs: [JobID]
}
