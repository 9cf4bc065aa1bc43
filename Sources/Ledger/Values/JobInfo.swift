package import Bytes
package import Recordings

/// A job of a queue.
package struct JobInfo: Sendable, Hashable {
    package let id: JobID
    package let queue: String
    package let state: JobState
    package let priority: JobPriority
    /// The same on every attempt and every gateway: `SERIAL/GENERATION/e118/assistant`.
    package let key: String
    /// Which attempt this is or was, from 1; 0 before the first.
    package let attempt: Int
    package let of: Int
    package let recording: RecordingID?
    package let event: EventID?
    package let data: JSONText?
    /// Why it failed last, is held or dead.
    package let reason: ForeignText?
    /// Who leased it last.
    package let worker: ForeignText?
    /// How long until it may be leased; zero when it may.
    package let waits: Duration
    package let createdAt: UTCTime
    package let changedAt: UTCTime
}
