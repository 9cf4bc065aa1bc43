package import Recordings

/// One line of the feed: a card's event or the gateway's own. Never changed, but for a time that is mended.
package struct EventInfo: Sendable, Hashable {
    /// Rises with every event; gaps mean nothing.
    package let sequence: Int64
    package let id: EventID
    /// `button.pressed`, `recording.stored` … without the prefix `earshot.`.
    package let type: String
    /// `SERIAL/GENERATION/eNUMBER` of a card's event.
    package let key: String?
    package let number: UInt32?
    package let card: CardID?
    package let cardName: String?
    /// Who carried the card at that time.
    package let holder: HolderInfo?
    package let recording: RecordingID?
    /// As the card took it.
    package let raw: CardTime?
    /// nil as long as `clock` is `unknown`.
    package let time: UTCTime?
    package let clock: ClockTrust
    package let received: UTCTime
    /// What belongs to this type alone: `{"button":"assistant","gesture":"double","offset_ms":null}`.
    package let data: JSONText
}
