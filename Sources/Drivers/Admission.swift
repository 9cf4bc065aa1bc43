/// What a card that was just paired was given.
package struct Admission: Hashable, Sendable {
    package let owner: OwnerState
    /// Whether its clock was set; it is not by a gateway whose own is not synchronised.
    package let clockWasSet: Bool

    package init(owner: OwnerState, clockWasSet: Bool) {
        self.owner = owner
        self.clockWasSet = clockWasSet
    }
}

/// Whose a card is, after a link has spoken of it. Raw values stand in the API.
package enum OwnerState: String, Hashable, Sendable, CaseIterable {
    /// It had no owner, and has ours now.
    case set
    /// It is ours, and believes it.
    case proven
    /// It had an earlier key of ours, and has the current one now.
    case replaced
    /// It can have none.
    case notOffered = "not_offered"
    /// It can have one, and this gateway has none to give.
    case none
}
