package import Recordings

/// `GET /v1/audit`: started on the cards = held here = delivered, or each exception with its cause.
package struct AuditMessage: Codable, Hashable, Sendable {
    package let since: UTCTime?
    package let until: UTCTime?
    package let cards: [AuditCard]
    package let exceptions: [AuditException]
    /// How many recordings and events nothing explains: 0 is the proof.
    package let unexplained: Int

    package init(since: UTCTime? = nil, until: UTCTime? = nil, cards: [AuditCard], exceptions: [AuditException], unexplained: Int) {
        self.since = since
        self.until = until
        self.cards = cards
        self.exceptions = exceptions
        self.unexplained = unexplained
    }
}

package struct AuditCard: Codable, Hashable, Sendable {
    package let card: CardReference
    /// `SERIAL/GENERATION`
    package let generation: String
    package let started: Int
    package let held: Int
    package let delivered: Int
    /// Event numbers that the card gave out, and those held here. Not limited to the span.
    package let events: Int
    package let eventsHeld: Int

    package enum CodingKeys: String, CodingKey {
        case card, generation, started, held, delivered, events
        case eventsHeld = "events_held"
    }

    package init(card: CardReference, generation: String, started: Int, held: Int, delivered: Int, events: Int, eventsHeld: Int) {
        self.card = card
        self.generation = generation
        self.started = started
        self.held = held
        self.delivered = delivered
        self.events = events
        self.eventsHeld = eventsHeld
    }
}

package struct AuditException: Codable, Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// On its way.
        case waiting
        /// A named reason, final.
        case explained
        /// Loss, or what cannot be told from it.
        case unexplained
    }

    package let card: CardID
    /// `anna/4`, `anna/4-9`, `anna events 41-50`.
    package let what: String
    package let recording: RecordingID?
    package let kind: Term<Kind>
    package let cause: String
    package let count: Int

    package init(card: CardID, what: String, recording: RecordingID? = nil, kind: Term<Kind>, cause: String, count: Int) {
        self.card = card
        self.what = what
        self.recording = recording
        self.kind = kind
        self.cause = cause
        self.count = count
    }
}
