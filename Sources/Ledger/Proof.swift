package import Recordings

/// Where a recording is and why: the facts behind `earshot why`.
package struct WhyFacts: Sendable, Hashable {
    /// One thing that happened to it.
    package struct Step: Sendable, Hashable {
        package let at: UTCTime
        /// A short stable name: `listed`, `pulled`, `stored`, `release_accepted` …
        package let what: String
        /// For a person.
        package let detail: String
    }

    package let recording: RecordingInfo
    /// Oldest first.
    package let history: [Step]
    package let jobs: [JobInfo]
    package let deliveries: [DeliveryInfo]
    /// What holds all recordings up now: no room, a clock that is not synchronised.
    package let conditions: [Condition]
}

/// A number that was never listed here.
package struct AbsentNumbers: Sendable, Hashable {
    package let generation: Generation
    package let first: UInt32
    package let last: UInt32
    /// `releasedElsewhere` or `vanished`.
    package let state: RecordingState
    package let cause: String
    package let since: UTCTime
}

/// What `why` finds for a name.
package enum WhyAnswer: Sendable, Hashable {
    case recording(WhyFacts)
    /// The number is known and nothing of it ever was here.
    case absent(AbsentNumbers)
}

/// Something that hinders the whole gateway until it ends.
package struct Condition: Sendable, Hashable {
    /// `storage_full`, and later others; stands in events as `health.NAME` and `health.NAME_ok`.
    package let name: String
    package let detail: String
    package let since: UTCTime
}

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

/// The counts behind `earshot status`.
package struct StatusFacts: Sendable, Hashable {
    package let gateway: GatewayIdentity
    package let cards: Int
    /// By state; current copies only, states without a recording are left out.
    package let recordings: [RecordingState: Int]
    package let queues: [QueueInfo]
    package let conditions: [Condition]
    /// The sequence of the newest event; 0 for none.
    package let lastEvent: Int64
    package let deliveries: Int
}
