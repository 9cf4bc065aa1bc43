package import Recordings

/// `POST /v1/queues/NAME/lease`
package struct LeaseRequest: RequestBody {
    /// At most so many jobs, 1 to 64; nil is 1.
    package let max: Int?
    /// How long to wait for work, 0 to 60; nil is 0.
    package let wait: Int?
    /// How long the lease lasts, 5 to 3600; nil is 120.
    package let forSeconds: Int?
    /// Who asks, for a person.
    package let worker: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case max, wait, worker
        case forSeconds = "for_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(max: Int? = nil, wait: Int? = nil, forSeconds: Int? = nil, worker: String? = nil) {
        self.max = max
        self.wait = wait
        self.forSeconds = forSeconds
        self.worker = worker
    }
}

/// The answer with work; without, it is `204`.
package struct LeaseAnswer: Codable, Hashable, Sendable {
    package let jobs: [LeasedJobMessage]

    package init(jobs: [LeasedJobMessage]) {
        self.jobs = jobs
    }
}

/// A job with all that its worker needs. The same JSON is an agent program's standard input, with the recording's `file` and the
/// values of its annotations added by the worker.
package struct LeasedJobMessage: Codable, Hashable, Sendable {
    package let id: JobID
    package let queue: String
    package let attempt: Int
    package let of: Int
    package let priority: String
    /// Idempotency key: the same on every attempt.
    package let key: String
    package let lease: LeaseMessage
    package let event: EventMessage?
    package let recording: RecordingMessage?
    package let data: JSONValue?

    package init(
        id: JobID, queue: String, attempt: Int, of: Int, priority: String, key: String, lease: LeaseMessage, event: EventMessage? = nil,
        recording: RecordingMessage? = nil, data: JSONValue? = nil
    ) {
        self.id = id
        self.queue = queue
        self.attempt = attempt
        self.of = of
        self.priority = priority
        self.key = key
        self.lease = lease
        self.event = event
        self.recording = recording
        self.data = data
    }
}

/// Counts from the answer on and ends with a reboot of the box.
package struct LeaseMessage: Codable, Hashable, Sendable {
    package let token: String
    package let forSeconds: Int

    package enum CodingKeys: String, CodingKey {
        case token
        case forSeconds = "for_s"
    }

    package init(token: String, forSeconds: Int) {
        self.token = token
        self.forSeconds = forSeconds
    }
}

/// `POST /v1/jobs/ID/extend`
package struct ExtendRequest: RequestBody {
    package let lease: String
    package let forSeconds: Int

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case lease
        case forSeconds = "for_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(lease: String, forSeconds: Int) {
        self.lease = lease
        self.forSeconds = forSeconds
    }
}

package struct ExtendAnswer: Codable, Hashable, Sendable {
    package let forSeconds: Int

    package enum CodingKeys: String, CodingKey {
        case forSeconds = "for_s"
    }

    package init(forSeconds: Int) {
        self.forSeconds = forSeconds
    }
}

/// `POST /v1/jobs/ID/failed`
package struct FailedRequest: RequestBody {
    package let lease: String
    package let reason: String
    /// false buries the job; nil is true.
    package let retry: Bool?
    /// nil: the gateway's own back-off.
    package let afterSeconds: Int?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case lease, reason, retry
        case afterSeconds = "after_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(lease: String, reason: String, retry: Bool? = nil, afterSeconds: Int? = nil) {
        self.lease = lease
        self.reason = reason
        self.retry = retry
        self.afterSeconds = afterSeconds
    }
}

package struct FailedAnswer: Codable, Hashable, Sendable {
    /// `ready` or `dead`.
    package let state: Term<JobState>
    package let waitsMilliseconds: Int64

    package enum CodingKeys: String, CodingKey {
        case state
        case waitsMilliseconds = "waits_ms"
    }

    package init(state: Term<JobState>, waitsMilliseconds: Int64) {
        self.state = state
        self.waitsMilliseconds = waitsMilliseconds
    }
}
