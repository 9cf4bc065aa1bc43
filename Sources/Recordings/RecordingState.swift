/// Where a recording is. Raw values stand in the ledger and in the API; each is explained by `earshot why`.
package enum RecordingState: String, Sendable, Codable, CaseIterable {
    /// A card lists it, or an event or a gap in the numbers tells of it; nothing of it is here yet.
    case listed
    /// Part of it is here, durable up to the committed offset.
    case pulling
    /// Durable here and re-read; the card has not yet confirmed the digest.
    case stored
    /// The card confirmed the digest (or that it is gone already): custody is complete.
    case proven
    /// The card rejected the digest: a second copy is being pulled beside the first.
    case contested
    /// Two whole pulls agree with each other and not with the card: kept, never released, a person is told.
    case disputed
    /// Five pulls differed from each other.
    case unreadable
    /// Its user deleted it on the card before it was pulled.
    case deletedOnCard = "deleted_on_card"
    /// The card lost it to a storage fault before it was pulled.
    case lostOnCard = "lost_on_card"
    /// Another gateway released it; that one holds it.
    case releasedElsewhere = "released_elsewhere"
    /// The ledger says stored and the file is gone.
    case missing
    /// The card does not list it any more and nothing says why.
    case vanished
}

/// Where a job of a queue is. Raw values stand in the ledger and in the API.
package enum JobState: String, Sendable, Codable, CaseIterable {
    case ready, leased, done, dead
    /// Waits for a digest to be settled.
    case held
}
