package import Recordings

/// Which recordings; nil or empty fits all.
package struct RecordingFilter: Sendable, Hashable {
    package var holder: HolderID?
    package var card: CardID?
    /// Started at or after; one whose start is not known counts from when it became known.
    package var since: UTCTime?
    /// Started before.
    package var until: UTCTime?
    package var kinds: Set<RecordingKind> = []
    package var states: Set<RecordingState> = []

    package init(
        holder: HolderID? = nil, card: CardID? = nil, since: UTCTime? = nil, until: UTCTime? = nil, kinds: Set<RecordingKind> = [],
        states: Set<RecordingState> = []
    ) {
        self.holder = holder
        self.card = card
        self.since = since
        self.until = until
        self.kinds = kinds
        self.states = states
    }
}
