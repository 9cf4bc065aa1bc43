package import Recordings

/// Which events; nil or empty fits all.
package struct EventFilter: Sendable, Hashable {
    /// `button.pressed`, or `button.*` for all that begin so.
    package var types: [String] = []
    package var card: CardID?
    package var holder: HolderID?

    package init(types: [String] = [], card: CardID? = nil, holder: HolderID? = nil) {
        self.types = types
        self.card = card
        self.holder = holder
    }
}
