package import Recordings

/// Started on the cards = held here = delivered, or each exception with its cause.
package struct AuditReport: Sendable, Hashable {
    package struct CardPart: Sendable, Hashable {
        package let card: CardID
        package let name: String
        package let generation: Generation
        /// Numbers that were started in the span.
        package let started: Int
        package let held: Int
        package let delivered: Int
        /// Events of this generation: numbers given out by the card, and those held here. Not limited to the span.
        package let events: Int
        package let eventsHeld: Int
    }

    package struct Exception: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// On its way: still on the card, or not delivered yet.
            case waiting
            /// A named reason, final: deleted, lost on the card, elsewhere, disputed.
            case explained
            /// Loss, or what cannot be told from it.
            case unexplained
        }

        package let card: CardID
        /// `anna/4`, `anna/4-9`, or `anna events 41-50`.
        package let what: String
        package let recording: RecordingID?
        package let kind: Kind
        package let cause: String
        /// How many recordings or events.
        package let count: Int
    }

    package let since: UTCTime?
    package let until: UTCTime?
    package let cards: [CardPart]
    package let exceptions: [Exception]

    /// How many recordings and events nothing explains: 0 is the proof.
    package var unexplained: Int { exceptions.filter { $0.kind == .unexplained }.reduce(0) { $0 + $1.count } }
}
