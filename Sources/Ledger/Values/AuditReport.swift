package import Recordings

/// Started on the cards = held here = delivered, or each exception with its cause.
package struct AuditReport: Sendable, Hashable {
    /// One life of one card's storage. All counts are of the scope.
    package struct CardPart: Sendable, Hashable {
        package let card: CardID
        package let name: String
        package let generation: Generation
        /// When a session with the card last began: what it recorded since is not known here.
        package let seen: UTCTime?
        /// Numbers of recordings that the card gave out.
        package let started: Int
        package let held: Int
        /// Confirmed by a destination.
        package let delivered: Int
        /// Of `started`, those whose start is not known; they count in each scope that they may belong to.
        package let undated: Int
        /// Numbers of events that the card gave out, and those held here.
        package let events: Int
        package let eventsHeld: Int
        /// Recordings and events that are no plain "held and delivered".
        package let waiting: Int
        package let explained: Int
        package let unexplained: Int
    }

    package struct Exception: Sendable, Hashable {
        /// Raw values stand in the API. In the order in which exceptions are listed.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Loss, or what cannot be told from it.
            case unexplained
            /// On its way: still on the card, or not delivered yet.
            case waiting
            /// A named reason, final: deleted, lost on the card, elsewhere, disputed.
            case explained
        }

        package let card: CardID
        /// Which life of the card's storage it is about.
        package let generation: Generation
        /// `anna/4`, `anna/4-9`, or `anna events 41-50`.
        package let what: String
        package let recording: RecordingID?
        package let kind: Kind
        package let cause: String
        /// How many recordings or events.
        package let count: Int
    }

    package let scope: AuditScope
    /// By name; a card that nothing is known of in this scope stands here, too, with when it was last met.
    package let cards: [CardPart]
    /// The first of them: unexplained ones, then those on their way, then the rest; within a kind card by card in the order of pairing.
    package let exceptions: [Exception]
    /// For `Ledger.exceptions`; nil when these are all.
    package let next: String?

    package var waiting: Int { cards.reduce(0) { $0 + $1.waiting } }
    package var explained: Int { cards.reduce(0) { $0 + $1.explained } }
    /// How many recordings and events nothing explains: 0 is the proof.
    package var unexplained: Int { cards.reduce(0) { $0 + $1.unexplained } }
}
