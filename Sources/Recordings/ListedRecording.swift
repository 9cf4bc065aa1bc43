/// A recording as a card lists it, whatever profile the card speaks.
package struct ListedRecording: Hashable, Sendable {
    /// Rises by one from 1 in a generation; a missing number is a missing recording.
    package let number: UInt32
    /// Bytes on the card; final once `isComplete`.
    package let size: UInt64
    package let started: CardTime
    package let durationMilliseconds: UInt32
    package let kind: RecordingKind
    package let marks: UInt16
    package let flags: ListedFlags
    /// The number of the first event that belongs to it; 0 if the card does not say.
    package let firstEvent: UInt32
    /// The first eight bytes of the SHA-256; nil until complete, or where the profile has none.
    package let digestPrefix: [UInt8]?

    package init(
        number: UInt32, size: UInt64, started: CardTime, durationMilliseconds: UInt32, kind: RecordingKind, marks: UInt16, flags: ListedFlags,
        firstEvent: UInt32, digestPrefix: [UInt8]?
    ) {
        self.number = number
        self.size = size
        self.started = started
        self.durationMilliseconds = durationMilliseconds
        self.kind = kind
        self.marks = marks
        self.flags = flags
        self.firstEvent = firstEvent
        self.digestPrefix = digestPrefix
    }
}

/// Flags of a list entry (Recorder Card Profile, List entry), bit for bit.
package struct ListedFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let complete = Self(rawValue: 1 << 0)
    package static let inProgress = Self(rawValue: 1 << 1)
    package static let cutShort = Self(rawValue: 1 << 2)
    package static let released = Self(rawValue: 1 << 3)
    package static let damaged = Self(rawValue: 1 << 4)
    package static let deletedByUser = Self(rawValue: 1 << 5)
    package static let lost = Self(rawValue: 1 << 6)
}

/// What a recording is, as the card says. A number that this version does not know is kept.
package enum RecordingKind: Hashable, Sendable, CustomStringConvertible {
    case conversation
    case call
    case memo
    case other(UInt16)

    package init(number: UInt16) {
        switch number {
        case 0: self = .conversation
        case 1: self = .call
        case 2: self = .memo
        default: self = .other(number)
        }
    }

    package var number: UInt16 {
        switch self {
        case .conversation: 0
        case .call: 1
        case .memo: 2
        case .other(let number): number
        }
    }

    /// The name in the API: `conversation`, `call`, `memo`, or `kind-N`.
    package var description: String {
        switch self {
        case .conversation: "conversation"
        case .call: "call"
        case .memo: "memo"
        case .other(let number): "kind-\(number)"
        }
    }

    package init?(_ name: some StringProtocol) {
        switch name {
        case "conversation": self = .conversation
        case "call": self = .call
        case "memo": self = .memo
        default:
            guard name.hasPrefix("kind-"), let number = UInt16(name.dropFirst(5)) else { return nil }
            self.init(number: number)
        }
    }
}
