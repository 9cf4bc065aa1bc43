/// What a token allows.
package enum Scope: Hashable, Sendable, CustomStringConvertible, Codable {
    case read, cards, pair, screen, record, audio, events, admin
    /// Brings recordings as files.
    case `import`
    /// Leases and finishes jobs of this queue, and reads the audio of those it has leased.
    case queue(String)
    /// Writes annotations of this name.
    case annotate(String)

    package init?(_ text: some StringProtocol) {
        switch text {
        case "read": self = .read
        case "cards": self = .cards
        case "pair": self = .pair
        case "screen": self = .screen
        case "record": self = .record
        case "audio": self = .audio
        case "events": self = .events
        case "admin": self = .admin
        case "import": self = .import
        default:
            let parts = String(text).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let name = WorkName(parts[1])?.description else { return nil }
            switch parts[0] {
            case "queue": self = .queue(name)
            case "annotate": self = .annotate(name)
            default: return nil
            }
        }
    }

    package var description: String {
        switch self {
        case .read: "read"
        case .cards: "cards"
        case .pair: "pair"
        case .screen: "screen"
        case .record: "record"
        case .audio: "audio"
        case .events: "events"
        case .admin: "admin"
        case .import: "import"
        case .queue(let name): "queue:" + name
        case .annotate(let name): "annotate:" + name
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "There is no such scope.")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The name of a queue, an annotation or an artifact: 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit.
package struct WorkName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, first != 0x2E, first != 0x2D, first != 0x5F,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0) })
        else { return nil }
        description = String(text)
    }
}
