package import Bytes
package import Recordings

/// Somebody listened, paired or changed something.
package struct AccessInfo: Sendable, Hashable {
    /// Rises; gaps are possible.
    package let sequence: Int64
    package let at: UTCTime
    /// `uid:1000`, a token's holder as `queue:decode`, or `earshotd` for what no caller asked for.
    package let who: String
    /// `audio.read`, `card.paired`
    package let what: String
    /// The id of a recording, card, holder or job; empty when it concerns the box.
    package let subject: String
    /// For a person.
    package let detail: ForeignText
}

/// Which accesses; nil: all.
package struct AccessFilter: Sendable, Hashable {
    package var since: UTCTime?
    package var until: UTCTime?
    /// The id of what was accessed.
    package var subject: String?
    /// What was accessed is this card, or a recording of it.
    package var card: CardID?
    package var who: String?
    /// A word, or a beginning with `*`: `audio.*`.
    package var what: String?

    package init(
        since: UTCTime? = nil, until: UTCTime? = nil, subject: String? = nil, card: CardID? = nil, who: String? = nil, what: String? = nil
    ) {
        self.since = since
        self.until = until
        self.subject = subject
        self.card = card
        self.who = who
        self.what = what
    }
}
