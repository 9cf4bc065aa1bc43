package import Recordings

/// `GET /v1/recordings/ID/receipt`: what was proven, by whom, when.
package struct ReceiptMessage: Codable, Hashable, Sendable {
    package let recording: RecordingID
    package let key: String
    package let gateway: String
    package let size: UInt64
    package let sha256: SHA256Digest
    /// Durable here and read again.
    package let stored: UTCTime
    /// The card confirmed the digest.
    package let proven: UTCTime?
    /// The card's last answer to RELEASE, for a person.
    package let releaseAnswer: String?
    package let deliveries: [DeliveryMessage]

    package enum CodingKeys: String, CodingKey {
        case recording, key, gateway, size, sha256, stored, proven, deliveries
        case releaseAnswer = "release_answer"
    }

    package init(
        recording: RecordingID, key: String, gateway: String, size: UInt64, sha256: SHA256Digest, stored: UTCTime, proven: UTCTime? = nil,
        releaseAnswer: String? = nil, deliveries: [DeliveryMessage]
    ) {
        self.recording = recording
        self.key = key
        self.gateway = gateway
        self.size = size
        self.sha256 = sha256
        self.stored = stored
        self.proven = proven
        self.releaseAnswer = releaseAnswer
        self.deliveries = deliveries
    }
}
