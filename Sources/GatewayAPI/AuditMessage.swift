package import Recordings

/// `GET /v1/audit`: started on the cards = held here = delivered, or each exception with its cause.
package struct AuditMessage: Codable, Hashable, Sendable {
    package let since: UTCTime?
    package let until: UTCTime?
    package let cards: [AuditCard]
    /// The first of them: unexplained ones, then those on their way, then the rest.
    package let exceptions: [AuditException]
    /// For `GET /v1/audit/exceptions?cursor=`; nil when these are all.
    package let next: String?
    /// How many recordings and events are on their way.
    package let waiting: Int
    /// How many have a named reason, final.
    package let explained: Int
    /// How many nothing explains: 0 is the proof.
    package let unexplained: Int

    package init(
        since: UTCTime? = nil, until: UTCTime? = nil, cards: [AuditCard], exceptions: [AuditException], next: String? = nil, waiting: Int,
        explained: Int, unexplained: Int
    ) {
        self.since = since
        self.until = until
        self.cards = cards
        self.exceptions = exceptions
        self.next = next
        self.waiting = waiting
        self.explained = explained
        self.unexplained = unexplained
    }
}

/// One life of one card's storage. All counts are of the span and the holder that were asked for.
package struct AuditCard: Codable, Hashable, Sendable {
    package let card: CardReference
    /// `SERIAL/GENERATION`
    package let generation: String
    /// When the card was last met: what it recorded since is not known here.
    package let seen: UTCTime?
    package let started: Int
    package let held: Int
    /// Confirmed by a destination.
    package let delivered: Int
    /// Of `started`, those whose start is not known; they count in each span that they may belong to.
    package let undated: Int
    /// Event numbers that the card gave out, and those held here.
    package let events: Int
    package let eventsHeld: Int
    package let waiting: Int
    package let explained: Int
    package let unexplained: Int

    package enum CodingKeys: String, CodingKey {
        case card, generation, seen, started, held, delivered, undated, events, waiting, explained, unexplained
        case eventsHeld = "events_held"
    }

    package init(
        card: CardReference, generation: String, seen: UTCTime? = nil, started: Int, held: Int, delivered: Int, undated: Int, events: Int,
        eventsHeld: Int, waiting: Int, explained: Int, unexplained: Int
    ) {
        self.card = card
        self.generation = generation
        self.seen = seen
        self.started = started
        self.held = held
        self.delivered = delivered
        self.undated = undated
        self.events = events
        self.eventsHeld = eventsHeld
        self.waiting = waiting
        self.explained = explained
        self.unexplained = unexplained
    }
}

package struct AuditException: Codable, Hashable, Sendable {
    /// In the order in which exceptions are listed.
    package enum Kind: String, Sendable, CaseIterable {
        /// Loss, or what cannot be told from it.
        case unexplained
        /// On its way.
        case waiting
        /// A named reason, final.
        case explained
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
