package import Bytes
package import Recordings

/// One version of what a worker or person wrote about a recording.
package struct AnnotationInfo: Sendable, Hashable {
    package let id: AnnotationID
    package let recording: RecordingID
    package let name: String
    /// From 1; old versions are kept.
    package let version: Int
    package let value: JSONText
    /// `queue:decode`, `agent:risk`, `uid:1000`.
    package let by: String
    package let at: UTCTime
}

/// A file that a worker made of a recording.
package struct ArtifactInfo: Sendable, Hashable {
    package let recording: RecordingID
    package let name: String
    package let sha256: SHA256Digest
    package let size: UInt64
    package let type: ForeignText
    /// Its name in the store's folder; drawn by the gateway.
    package let file: String
    package let by: String
    package let at: UTCTime
}

/// A copy that a destination confirmed.
package struct DeliveryInfo: Sendable, Hashable {
    package let recording: RecordingID
    package let destination: String
    package let object: ForeignText
    package let sha256: SHA256Digest
    package let size: UInt64
    package let at: UTCTime
}

package enum ScreenKind: IdentifierKind { package static let prefix = "scr_" }
package typealias ScreenID = Identifier<ScreenKind>

/// Text for a card's screen.
package struct ScreenText: Sendable, Hashable {
    package enum Style: String, Sendable, Hashable, CaseIterable { case note, alert }

    /// At most 48 bytes of UTF-8 go to the card; what is longer is cut there, at a character.
    package let text: ForeignText
    package let style: Style
    /// How long the card shows it, 1 to 255; 0: until it is replaced.
    package let seconds: UInt8

    package init(text: ForeignText, style: Style, seconds: UInt8) {
        self.text = text
        self.style = style
        self.seconds = seconds
    }
}

/// A text on its way to a card.
package struct ScreenInfo: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable { case waiting, shown, expired }

    package let id: ScreenID
    package let card: CardID
    package let content: ScreenText
    package let state: State
    package let createdAt: UTCTime
    package let shownAt: UTCTime?
}
