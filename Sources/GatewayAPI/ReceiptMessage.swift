package import Recordings

/// `GET /v1/recordings/ID/receipt` and `GET /v1/receipts`: what was proven of one recording, by whom, when; and what is missing.
package struct ReceiptMessage: Codable, Hashable, Sendable {
    package let recording: RecordingID
    /// `anna/214`
    package let ref: String
    /// `SERIAL/GENERATION/rNUMBER`, the same on every gateway.
    package let key: String
    /// The id of the gateway that says all this.
    package let gateway: String
    package let card: CardReference
    package let state: Term<RecordingState>
    /// nil as long as it is not known.
    package let started: UTCTime?
    /// Bytes, as the card's list has it; nil when no list showed it.
    package let listedSize: UInt64?
    /// The first 16 hexadecimal digits of its SHA-256, as the card's list has it.
    package let listedDigest: String?
    /// Bytes that are durable here and were read again; nil until stored.
    package let size: UInt64?
    /// Computed here from what was read again.
    package let sha256: SHA256Digest?
    package let stored: UTCTime?
    /// The card's last answer to RELEASE with that digest, for a person; nil when it was not asked yet.
    package let releaseAnswer: String?
    /// When that answer came.
    package let releaseAnswered: UTCTime?
    /// When the card confirmed the digest, or that it has the recording no more.
    package let proven: UTCTime?
    /// Oldest first.
    package let deliveries: [DeliveryMessage]
    /// Empty: held, confirmed by the card and by a destination.
    package let missing: [MissingPiece]

    package enum CodingKeys: String, CodingKey {
        case recording, ref, key, gateway, card, state, started, size, sha256, stored, proven, deliveries, missing
        case listedSize = "listed_size"
        case listedDigest = "listed_sha256_prefix"
        case releaseAnswer = "release_answer"
        case releaseAnswered = "release_answered"
    }

    package init(
        recording: RecordingID, ref: String, key: String, gateway: String, card: CardReference, state: Term<RecordingState>, started: UTCTime? = nil,
        listedSize: UInt64? = nil, listedDigest: String? = nil, size: UInt64? = nil, sha256: SHA256Digest? = nil, stored: UTCTime? = nil,
        releaseAnswer: String? = nil, releaseAnswered: UTCTime? = nil, proven: UTCTime? = nil, deliveries: [DeliveryMessage],
        missing: [MissingPiece]
    ) {
        self.recording = recording
        self.ref = ref
        self.key = key
        self.gateway = gateway
        self.card = card
        self.state = state
        self.started = started
        self.listedSize = listedSize
        self.listedDigest = listedDigest
        self.size = size
        self.sha256 = sha256
        self.stored = stored
        self.releaseAnswer = releaseAnswer
        self.releaseAnswered = releaseAnswered
        self.proven = proven
        self.deliveries = deliveries
        self.missing = missing
    }
}

/// A piece of the proof that is not there.
package struct MissingPiece: Codable, Hashable, Sendable {
    package let kind: Term<AuditException.Kind>
    package let what: String
    /// Whether it does not come by itself.
    package let needsPerson: Bool

    package enum CodingKeys: String, CodingKey {
        case kind, what
        case needsPerson = "needs_person"
    }

    package init(kind: Term<AuditException.Kind>, what: String, needsPerson: Bool) {
        self.kind = kind
        self.what = what
        self.needsPerson = needsPerson
    }
}
