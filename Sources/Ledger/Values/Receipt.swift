package import Recordings

/// What was proven of one recording, by whom and when; and what still is missing.
package struct Receipt: Sendable, Hashable {
    /// What the card said of it in its list.
    package struct Listed: Sendable, Hashable {
        package let size: UInt64
        /// The first 16 hexadecimal digits of its SHA-256; nil as long as the card has not computed it.
        package let digestPrefix: String?
    }

    /// Durable here and read again.
    package struct Stored: Sendable, Hashable {
        package let at: UTCTime
        package let size: UInt64
        /// Computed here from what was read again.
        package let sha256: SHA256Digest
    }

    /// The card's last answer to RELEASE with that digest.
    package struct Release: Sendable, Hashable {
        package let answer: String
        /// nil when it was no acceptance and the ledger was made anew since, or an older version noted it.
        package let at: UTCTime?
    }

    /// A piece of the proof that is not there.
    package struct Missing: Sendable, Hashable {
        package let kind: AuditReport.Exception.Kind
        package let what: String
        /// Whether it does not come by itself.
        package let needsPerson: Bool
    }

    package let recording: RecordingID
    /// `SERIAL/GENERATION/rNUMBER`.
    package let key: String
    /// `anna/214`.
    package let ref: String
    package let card: CardID
    package let cardName: String
    package let state: RecordingState
    package let started: UTCTime?
    /// nil when no list showed it.
    package let listed: Listed?
    package let stored: Stored?
    /// nil when the card was not asked yet.
    package let release: Release?
    /// When the card confirmed the digest, or that it has the recording no more.
    package let provenAt: UTCTime?
    /// Oldest first.
    package let deliveries: [DeliveryInfo]
    /// Empty: held, confirmed by the card and by a destination.
    package let missing: [Missing]
}
