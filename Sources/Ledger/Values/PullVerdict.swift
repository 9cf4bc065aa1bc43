package import Recordings

/// What a whole pull's digest means.
package enum PullVerdict: Sendable, Hashable {
    /// Nothing speaks against it: make it final. Its jobs wait when the card did not accept another copy before.
    case keep
    /// Two pulls from byte 0 agree with each other and not with the card: make it final, and let a person look.
    case keepDisputed
    /// The same bytes as that copy, pulled independently: this part is waste, the card is asked once more.
    case same(as: RecordingID)
    /// Disputed bytes that are here already: this part is waste.
    case known
    /// READ again from this offset.
    case resume(at: UInt64)
    /// Enough for now.
    case setAside
}
