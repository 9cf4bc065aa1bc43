/// What a wait is for.
package enum Topic: Hashable, Sendable {
    /// A queue may have work.
    case queue(String)
    /// The feed grew.
    case events
    /// Texts wait for a card's screen.
    case screens
    /// A recording changed its state.
    case recordings
    /// A destination holds a recording.
    case deliveries
    /// Cards, holders or bonds changed.
    case cards
    /// Anything: the files beside the ledger may not tell all.
    case changes
}
