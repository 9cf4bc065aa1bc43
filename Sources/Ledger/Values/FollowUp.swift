package import Recordings

/// A further job. Each is made once, however often `done` is said.
package struct FollowUp: Sendable, Hashable {
    package let queue: String
    /// nil: the recording of the job that asks for it.
    package let recording: RecordingID?
    package let priority: JobPriority
    package let data: JSONText?

    package init(queue: String, recording: RecordingID? = nil, priority: JobPriority = .normal, data: JSONText? = nil) {
        self.queue = queue
        self.recording = recording
        self.priority = priority
        self.data = data
    }
}
