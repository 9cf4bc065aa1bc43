internal import GATT

/// When a card is tried again after a failure that has a name. docs/radio.md says the same to people.
enum RetryRule: Sendable, Equatable {
    /// Most often over in a moment, and best tried while the card is near: 0.1, 0.25, 0.5, 1, 4 s, then doubling.
    case quick
    /// Doubling from this.
    case patient(from: Duration)
    /// The adapter or its host is seen to first (`AdapterHealth`, `CardRadio`); the card is met as soon as that is done.
    case afterAdapter
}

extension FailureClass {
    var rule: RetryRule {
        switch self {
        case .abortedByLocal, .connectionAbort, .servicesResolvedRace, .emptyServiceTree, .deviceRemoved, .inProgress, .unknownObject, .muteSocket,
            .socketOverflow:
            .quick
        // The next link finds the new table, or a person has to help.
        case .staleCache: .patient(from: .seconds(2))
        // Until another session ends.
        case .outOfLinkSlots: .patient(from: .seconds(1))
        // The other program seldom goes by itself.
        case .notificationsHeld: .patient(from: .seconds(10))
        // Only a person can help; it costs the others little to look now and then.
        case .oneSidedBond, .wrongAgent: .patient(from: .seconds(60))
        case .scanNotResumed, .controllerStuck, .adapterHung, .adapterGone, .hostRestarted, .busLost, .silence, .rfkillBlocked: .afterAdapter
        }
    }
}
