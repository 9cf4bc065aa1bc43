package import Recordings

/// One version of what a worker or person wrote about a recording; the ETag is the version in quotes.
package struct AnnotationMessage: Codable, Hashable, Sendable {
    package let name: String
    package let version: Int
    /// `queue:decode`, `agent:risk`, `uid:1000`.
    package let by: String
    package let at: UTCTime
    /// Left out in the answer to a PUT.
    package let value: JSONValue?

    package init(name: String, version: Int, by: String, at: UTCTime, value: JSONValue? = nil) {
        self.name = name
        self.version = version
        self.by = by
        self.at = at
        self.value = value
    }
}

/// A file that a worker made of a recording: the answer to `PUT /v1/jobs/ID/artifacts/NAME`.
package struct ArtifactMessage: Codable, Hashable, Sendable {
    package let name: String
    package let sha256: SHA256Digest
    package let size: UInt64

    package init(name: String, sha256: SHA256Digest, size: UInt64) {
        self.name = name
        self.sha256 = sha256
        self.size = size
    }
}

/// A copy that a destination confirmed.
package struct DeliveryMessage: Codable, Hashable, Sendable {
    package let recording: RecordingID
    package let destination: String
    package let object: String
    package let sha256: SHA256Digest
    package let size: UInt64
    package let at: UTCTime

    package init(recording: RecordingID, destination: String, object: String, sha256: SHA256Digest, size: UInt64, at: UTCTime) {
        self.recording = recording
        self.destination = destination
        self.object = object
        self.sha256 = sha256
        self.size = size
        self.at = at
    }
}

/// The header that carries the lease of an artifact's job.
package enum APIHeader {
    package static let lease = "Lease"
    package static let contentDigest = "Content-Digest"
    package static let idempotencyKey = "Idempotency-Key"
}
