package import Bytes

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
