/// Text for a card's screen: `POST /v1/cards/ID/screen`, and in `done`.
package struct ScreenRequest: RequestBody {
    /// At most 48 bytes of UTF-8 reach the card; the rest is cut there.
    package let text: String
    /// `note` (also when nil) or `alert`.
    package let style: String?
    /// How long it stays, 1 to 255; nil or 0: until it is replaced. A larger value is 255.
    package let forSeconds: Int?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case text, style
        case forSeconds = "for_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(text: String, style: String? = nil, forSeconds: Int? = nil) {
        self.text = text
        self.style = style
        self.forSeconds = forSeconds
    }
}

/// A text on its way to a card.
package struct ScreenMessage: Codable, Hashable, Sendable {
    package let id: String
    /// `waiting`, `shown`, `expired`.
    package let state: String

    package init(id: String, state: String) {
        self.id = id
        self.state = state
    }
}

/// `POST /v1/cards/ID/identify`: light and sound.
package struct IdentifyRequest: RequestBody {
    /// 0 stops it; nil is 10; at most 255.
    package let forSeconds: Int?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case forSeconds = "for_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(forSeconds: Int? = nil) {
        self.forSeconds = forSeconds
    }
}

/// `POST /v1/cards/ID/record`
package struct RecordRequest: RequestBody {
    /// `start`, `stop`, `memo` or `mark`.
    package let action: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case action
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(action: String) {
        self.action = action
    }
}

/// What the card answered.
package struct CardActionMessage: Codable, Hashable, Sendable {
    /// `done` or `not_reached` (the time was over first; nothing was done).
    package let state: String
    /// The number of the recording that it is about.
    package let recording: UInt32?

    package init(state: String, recording: UInt32? = nil) {
        self.state = state
        self.recording = recording
    }
}
