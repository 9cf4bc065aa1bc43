package import Recordings

/// `POST /v1/jobs/ID/done`: one durable step, all of it or nothing. Said twice with the same lease: the same answer.
package struct DoneRequest: RequestBody {
    package let lease: String
    /// Any JSON by name.
    package var annotations: [String: JSONValue]?
    package var screen: ScreenRequest?
    package var jobs: [FollowUpRequest]?
    /// By name; each was sent before by PUT.
    package var artifacts: [String: ArtifactClaimMessage]?
    /// Queue `upload` only.
    package var delivery: DeliveryClaimMessage?
    package var usage: JSONValue?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case lease, annotations, screen, jobs, artifacts, delivery, usage
    }
    package static let shape = FieldShape.fields(
        CodingKeys.self,
        nested: [
            "screen": ScreenRequest.shape, "jobs": .list(FollowUpRequest.shape), "artifacts": .map(ArtifactClaimMessage.shape),
            "delivery": DeliveryClaimMessage.shape,
        ])

    package init(
        lease: String, annotations: [String: JSONValue]? = nil, screen: ScreenRequest? = nil, jobs: [FollowUpRequest]? = nil,
        artifacts: [String: ArtifactClaimMessage]? = nil, delivery: DeliveryClaimMessage? = nil, usage: JSONValue? = nil
    ) {
        self.lease = lease
        self.annotations = annotations
        self.screen = screen
        self.jobs = jobs
        self.artifacts = artifacts
        self.delivery = delivery
        self.usage = usage
    }
}

/// A further job of `done`.
package struct FollowUpRequest: RequestBody {
    package let queue: String
    /// nil: the recording of the job that asks for it.
    package let recording: RecordingID?
    package let priority: String?
    package let data: JSONValue?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case queue, recording, priority, data
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(queue: String, recording: RecordingID? = nil, priority: String? = nil, data: JSONValue? = nil) {
        self.queue = queue
        self.recording = recording
        self.priority = priority
        self.data = data
    }
}

package struct ArtifactClaimMessage: RequestBody {
    package let sha256: SHA256Digest
    package let size: UInt64
    package let type: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case sha256, size, type
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(sha256: SHA256Digest, size: UInt64, type: String) {
        self.sha256 = sha256
        self.size = size
        self.type = type
    }
}

/// What a destination said it holds; believed when size and digest are the recording's.
package struct DeliveryClaimMessage: RequestBody {
    package let destination: String
    package let object: String
    package let sha256: SHA256Digest
    package let size: UInt64

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case destination, object, sha256, size
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(destination: String, object: String, sha256: SHA256Digest, size: UInt64) {
        self.destination = destination
        self.object = object
        self.sha256 = sha256
        self.size = size
    }
}

package struct DoneAnswer: Codable, Hashable, Sendable {
    package let state: Term<JobState>
    /// By name.
    package let annotations: [String: AnnotationVersion]
    package let screen: ScreenMessage?
    package let jobs: [JobID]

    package init(state: Term<JobState>, annotations: [String: AnnotationVersion], screen: ScreenMessage? = nil, jobs: [JobID]) {
        self.state = state
        self.annotations = annotations
        self.screen = screen
        self.jobs = jobs
    }
}

package struct AnnotationVersion: Codable, Hashable, Sendable {
    package let version: Int

    package init(version: Int) {
        self.version = version
    }
}
