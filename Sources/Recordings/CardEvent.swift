/// One entry of a card's event log, whatever profile the card speaks.
package struct CardEvent: Hashable, Sendable {
    /// Rises by one from 1 in a generation; a missing number is a missing event.
    package let number: UInt32
    package let time: CardTime
    package let what: What

    package enum What: Hashable, Sendable {
        /// `recording` is what was being recorded, if anything, and `offset` the milliseconds into it.
        case button(Button, Gesture, recording: UInt32?, offset: UInt32)
        case recordingStarted(UInt32)
        case recordingStopped(UInt32)
        case mark(recording: UInt32, offset: UInt32)
        case batteryLow
        case storageNearlyFull
        case storageFull
        case poweredOn
        /// `before` is what the card's clock read at that moment.
        case clockSet(before: CardTime)
        case deletedByUser(UInt32)
        case lost(UInt32)
        /// `last` is the last recording number of the generation before.
        case formatted(last: UInt32)
        /// A kind that this version does not know: kept as it came.
        case other(kind: UInt8, button: UInt8, gesture: UInt8, recording: UInt32, offset: UInt32)
    }

    package init(number: UInt32, time: CardTime, what: What) {
        self.number = number
        self.time = time
        self.what = what
    }
}

/// A button by its number in the profile; unknown numbers are kept.
package enum Button: Hashable, Sendable, CustomStringConvertible {
    case record, assistant, side
    case other(UInt8)

    package init(number: UInt8) {
        switch number {
        case 1: self = .record
        case 2: self = .assistant
        case 3: self = .side
        default: self = .other(number)
        }
    }

    package var number: UInt8 {
        switch self {
        case .record: 1
        case .assistant: 2
        case .side: 3
        case .other(let number): number
        }
    }

    /// The name in the API and on the command line.
    package var description: String {
        switch self {
        case .record: "record"
        case .assistant: "assistant"
        case .side: "side"
        case .other(let number): "button-\(number)"
        }
    }
}

/// How a button was pressed; unknown numbers are kept.
package enum Gesture: Hashable, Sendable, CustomStringConvertible {
    case press, double, triple, long, veryLong
    case other(UInt8)

    package init(number: UInt8) {
        switch number {
        case 1: self = .press
        case 2: self = .double
        case 3: self = .triple
        case 4: self = .long
        case 5: self = .veryLong
        default: self = .other(number)
        }
    }

    package var number: UInt8 {
        switch self {
        case .press: 1
        case .double: 2
        case .triple: 3
        case .long: 4
        case .veryLong: 5
        case .other(let number): number
        }
    }

    /// The name in the API and on the command line.
    package var description: String {
        switch self {
        case .press: "press"
        case .double: "double"
        case .triple: "triple"
        case .long: "long"
        case .veryLong: "very_long"
        case .other(let number): "gesture-\(number)"
        }
    }
}
