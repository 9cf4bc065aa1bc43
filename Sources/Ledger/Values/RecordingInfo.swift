package import Recordings

/// A recording as the ledger knows it.
package struct RecordingInfo: Sendable, Hashable {
    package let id: RecordingID
    /// `SERIAL/GENERATION/rNUMBER`.
    package let key: String
    /// `anna/214`: the card's name and the number.
    package let ref: String
    package let card: CardID
    package let cardName: String
    /// Of one that came as a file; nil: a card brought it.
    package let origin: ImportInfo?
    /// Who carried the card when it started, or whose it was said to be when it was imported; nil when nobody did or the time is not known.
    package let holder: HolderInfo?
    package let generation: Generation
    package let number: UInt32
    /// Of the copies of one number the card accepted this one, or it is the only one.
    package let isCurrent: Bool
    /// Other copies of the same number with another digest.
    package let others: [RecordingID]
    package let state: RecordingState
    /// Why it is in this state, for a person.
    package let cause: String?
    package let kind: RecordingKind
    /// As the card took it; nil until it was listed or its event came.
    package let startedRaw: CardTime?
    /// In UTC; nil as long as `clock` is `unknown`.
    package let started: UTCTime?
    package let clock: ClockTrust
    package let durationMilliseconds: UInt32
    package let marks: UInt16
    package let flags: ListedFlags
    /// Bytes on the card; once stored, of the file.
    package let size: UInt64
    /// Bytes of it that are durable here.
    package let durable: UInt64
    /// Of those, bytes that a transfer's checksum has proven.
    package let proven: UInt64
    /// Of the file; nil until stored.
    package let sha256: SHA256Digest?
    package let storedAt: UTCTime?
    /// When the card confirmed the digest, or that it is gone.
    package let provenAt: UTCTime?
    /// When the first destination confirmed it.
    package let deliveredAt: UTCTime?
    /// The card's last answer to RELEASE, for a person.
    package let releaseAnswer: String?
    /// The newest version of each.
    package let annotations: [String]
    package let artifacts: [String]
    /// Changes with every change of the recording; lists can be continued behind it.
    package let changed: Int64

    /// What its bytes are: cards make Ogg Opus.
    package var format: AudioFormat { origin?.format ?? .opus }

    /// Whether its bytes are here, whole and durable.
    package var isHeld: Bool { sha256 != nil && state != .missing }
}
