/// What a person or an agent wants a card to do. Done over the link that stands, or at the next one.
package enum CardAction: Hashable, Sendable {
    case screen(ScreenNote)
    /// Light and sound for so many seconds; 0 stops it.
    case find(seconds: UInt8)
    case record(RecordCommand)
}

/// RECORD's parameter, numbered as on the wire (Recorder Card Profile, Control Point).
package enum RecordCommand: UInt8, Hashable, Sendable {
    case stop = 0
    case start = 1
    case memo = 2
    case mark = 3
}

/// Text for a card's screen.
package struct ScreenNote: Hashable, Sendable {
    package enum Style: UInt8, Hashable, Sendable {
        case note = 0
        case alert = 1
    }

    /// The most that SCREEN carries, in bytes of UTF-8.
    package static let maximumBytes = 48

    /// Cut to `maximumBytes` at a character boundary, control characters replaced by spaces.
    package let text: String
    package let style: Style
    /// How long it stays; 0: until replaced.
    package let seconds: UInt8

    package init(_ text: String, style: Style = .note, seconds: UInt8 = 0) {
        var kept = ""
        for character in text {
            let printable = character.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : character
            guard kept.utf8.count + printable.utf8.count <= Self.maximumBytes else { break }
            kept.append(printable)
        }
        self.text = kept
        self.style = style
        self.seconds = seconds
    }
}

/// How an action ended.
package enum CardActionResult: Hashable, Sendable {
    /// RECORD answers with the recording it is about; 0 for none or for other actions.
    case done(recording: UInt32)
    /// The card's result as the profile numbers it.
    case refused(result: UInt8)
    /// The card does not offer it (no screen, no remote recording).
    case notOffered
}
