package import Bytes
package import Recordings

/// What a worker says with `done`: all of it is written in one transaction, or nothing.
package struct JobResult: Sendable, Hashable {
    /// By name.
    package var annotations: [String: JSONText] = [:]
    package var screen: ScreenText?
    package var jobs: [FollowUp] = []
    /// By name; each was received before for this job.
    package var artifacts: [String: ArtifactClaim] = [:]
    package var delivery: DeliveryClaim?
    package var usage: JSONText?

    package init() {}
}

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

package struct ArtifactClaim: Sendable, Hashable {
    package let sha256: SHA256Digest
    package let size: UInt64
    package let type: ForeignText

    package init(sha256: SHA256Digest, size: UInt64, type: ForeignText) {
        self.sha256 = sha256
        self.size = size
        self.type = type
    }
}

/// What a destination said it holds. Believed when size and digest are the recording's.
package struct DeliveryClaim: Sendable, Hashable {
    package let destination: String
    package let object: ForeignText
    package let sha256: SHA256Digest
    package let size: UInt64

    package init(destination: String, object: ForeignText, sha256: SHA256Digest, size: UInt64) {
        self.destination = destination
        self.object = object
        self.sha256 = sha256
        self.size = size
    }
}

/// The answer to `done`; the same when it is said twice with the same lease.
package struct DoneReceipt: Sendable, Hashable {
    /// Versions by name.
    package let annotations: [String: Int]
    package let screen: ScreenID?
    package let jobs: [JobID]
}

/// The answer to `failed`.
package struct FailedReceipt: Sendable, Hashable {
    /// `ready` or `dead`.
    package let state: JobState
    package let waits: Duration
}
