package import Recordings

/// The depth of a queue.
package struct QueueInfo: Sendable, Hashable {
    package let name: String
    /// By state; states without a job are left out.
    package let counts: [JobState: Int]
    /// When the oldest job that is ready or leased was made.
    package let oldest: UTCTime?
}
