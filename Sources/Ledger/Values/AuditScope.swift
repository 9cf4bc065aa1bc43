package import Recordings

/// What an audit is asked about; nil: everything.
package struct AuditScope: Sendable, Hashable {
    /// Started at or after.
    package var since: UTCTime?
    /// Started before.
    package var until: UTCTime?
    package var card: CardID?
    /// Started while this person carried the card.
    package var holder: HolderID?

    package init(since: UTCTime? = nil, until: UTCTime? = nil, card: CardID? = nil, holder: HolderID? = nil) {
        self.since = since
        self.until = until
        self.card = card
        self.holder = holder
    }
}
