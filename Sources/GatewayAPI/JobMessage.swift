package import Recordings

/// A job, as in `GET /v1/jobs`.
package struct JobMessage: Codable, Hashable, Sendable {
    package let id: JobID
    package let queue: String
    package let state: Term<JobState>
    /// `low`, `normal`, `urgent`.
    package let priority: String
    /// The same on every attempt and every gateway.
    package let key: String
    package let attempt: Int
    package let of: Int
    package let recording: RecordingID?
    package let event: EventID?
    package let data: JSONValue?
    /// Why it failed last, is held or dead.
    package let reason: String?
    package let worker: String?
    /// How long until it may be leased; 0 when it may.
    package let waitsMilliseconds: Int64
    package let created: UTCTime
    package let changed: UTCTime

    package enum CodingKeys: String, CodingKey {
        case id, queue, state, priority, key, attempt, of, recording, event, data, reason, worker, created, changed
        case waitsMilliseconds = "waits_ms"
    }

    package init(
        id: JobID, queue: String, state: Term<JobState>, priority: String, key: String, attempt: Int, of: Int, recording: RecordingID? = nil,
        event: EventID? = nil, data: JSONValue? = nil, reason: String? = nil, worker: String? = nil, waitsMilliseconds: Int64, created: UTCTime,
        changed: UTCTime
    ) {
        self.id = id
        self.queue = queue
        self.state = state
        self.priority = priority
        self.key = key
        self.attempt = attempt
        self.of = of
        self.recording = recording
        self.event = event
        self.data = data
        self.reason = reason
        self.worker = worker
        self.waitsMilliseconds = waitsMilliseconds
        self.created = created
        self.changed = changed
    }
}
