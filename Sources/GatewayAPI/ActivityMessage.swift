package import Recordings

/// One line of `GET /v1/activity`: what goes on right now. Not durable, not replayed.
package struct ActivityMessage: Codable, Hashable, Sendable {
    package let at: UTCTime
    package let card: CardReference?
    /// `seen`, `connecting`, `session_started`, `session_ended`, `transfer_started`, `transfer_progress`, `gap`, `checksum_wrong`,
    /// `digest_differs`, `stored`, `released`, `events`, `screen_shown`, `no_room`, `retry`, `adapter`.
    package let what: String
    /// The recording's number on the card.
    package let recording: UInt32?
    package let offset: UInt64?
    package let size: UInt64?
    package let rssi: Int?
    /// For a person.
    package let reason: String?
    package let upTo: UInt32?
    package let count: Int?
    package let afterSeconds: Double?

    package enum CodingKeys: String, CodingKey {
        case at, card, what, recording, offset, size, rssi, reason, count
        case upTo = "up_to"
        case afterSeconds = "after_s"
    }

    package init(
        at: UTCTime, card: CardReference? = nil, what: String, recording: UInt32? = nil, offset: UInt64? = nil, size: UInt64? = nil,
        rssi: Int? = nil, reason: String? = nil, upTo: UInt32? = nil, count: Int? = nil, afterSeconds: Double? = nil
    ) {
        self.at = at
        self.card = card
        self.what = what
        self.recording = recording
        self.offset = offset
        self.size = size
        self.rssi = rssi
        self.reason = reason
        self.upTo = upTo
        self.count = count
        self.afterSeconds = afterSeconds
    }
}
