package import Recordings

/// A recording, as in `GET /v1/recordings` and in a job.
package struct RecordingMessage: Codable, Hashable, Sendable {
    package let id: RecordingID
    /// `anna/214`
    package let ref: String
    /// `SERIAL/GENERATION/rNUMBER`, the same on every gateway.
    package let key: String
    package let state: Term<RecordingState>
    /// Why it is in this state, for a person.
    package let cause: String?
    /// `conversation`, `call`, `memo`, or `kind-N`.
    package let kind: String
    /// nil as long as `clock` is `unknown`.
    package let started: UTCTime?
    package let clock: Term<ClockTrust>
    package let durationMilliseconds: UInt32
    /// Bytes on the card; once stored, of the file.
    package let size: UInt64
    /// Bytes of it that are durable here.
    package let durable: UInt64
    /// What its bytes are, as `audio/ogg; codecs=opus`.
    package let type: String
    /// Of one that came as a file; nil: a card brought it.
    package let imported: ImportMessage?
    /// Of the file; nil until stored.
    package let sha256: SHA256Digest?
    package let marks: Int
    package let card: CardReference
    package let holder: HolderMessage?
    package let stored: UTCTime?
    package let proven: UTCTime?
    package let delivered: UTCTime?
    /// Other copies of the same number with another digest.
    package let others: [RecordingID]
    /// The path of its audio; nil until it is here.
    package let audio: String?
    package let annotations: [String]
    package let artifacts: [String]

    package enum CodingKeys: String, CodingKey {
        case id, ref, key, state, cause, kind, started, clock, size, durable, type, imported, sha256, marks, card, holder, stored, proven, delivered,
            others, audio,
            annotations, artifacts
        case durationMilliseconds = "duration_ms"
    }

    package init(
        id: RecordingID, ref: String, key: String, state: Term<RecordingState>, cause: String? = nil, kind: String, started: UTCTime? = nil,
        clock: Term<ClockTrust>, durationMilliseconds: UInt32, size: UInt64, durable: UInt64,
        type: String = AudioFormat.opus.mediaType, imported: ImportMessage? = nil, sha256: SHA256Digest? = nil, marks: Int,
        card: CardReference, holder: HolderMessage? = nil, stored: UTCTime? = nil, proven: UTCTime? = nil, delivered: UTCTime? = nil,
        others: [RecordingID], audio: String? = nil, annotations: [String], artifacts: [String]
    ) {
        self.id = id
        self.ref = ref
        self.key = key
        self.state = state
        self.cause = cause
        self.kind = kind
        self.started = started
        self.clock = clock
        self.durationMilliseconds = durationMilliseconds
        self.size = size
        self.durable = durable
        self.type = type
        self.imported = imported
        self.sha256 = sha256
        self.marks = marks
        self.card = card
        self.holder = holder
        self.stored = stored
        self.proven = proven
        self.delivered = delivered
        self.others = others
        self.audio = audio
        self.annotations = annotations
        self.artifacts = artifacts
    }
}

/// Where a recording comes from that no card brought.
package struct ImportMessage: Codable, Hashable, Sendable {
    /// Its name where it came from.
    package let file: String
    /// What its start is known from; nil when nothing told.
    package let startedFrom: Term<StartSource>?
    package let at: UTCTime

    package enum CodingKeys: String, CodingKey {
        case file, at
        case startedFrom = "started_from"
    }

    package init(file: String, startedFrom: Term<StartSource>?, at: UTCTime) {
        self.file = file
        self.startedFrom = startedFrom
        self.at = at
    }
}

extension RecordingMessage {
    /// What a file of it is called at the end: `opus`, `wav` …
    package var fileExtension: String { (AudioFormat.allCases.first { $0.mediaType == type } ?? .opus).fileExtension }
}
