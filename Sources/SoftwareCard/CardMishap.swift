package import CardProfile
package import Recordings

/// What may happen to a card, or be done with it, at any moment of its life.
package enum CardMishap: Hashable, Sendable {
    /// Its power fails for a moment. A card with a buffered clock keeps the time.
    case reboot(keepsClock: Bool)
    /// Its clock shows another time from now on; nobody set it, so nothing is logged.
    case clockShows(UTCTime)
    /// Its clock runs on but knows UTC no more.
    case clockUnset
    /// Nothing more can be stored until something is released: what is being recorded ends, event 7 is logged, Status says so.
    case full
    /// Its user deletes a recording.
    case delete(Target)
    /// A storage fault takes a recording.
    case lose(Target)
    /// A block of a recording became unreadable: zeros stand in its place, under a new digest and with flag 4.
    case damage(Target)
    /// So many things happened that only the newest events are still in the log.
    case overflow(keeping: Int)
    /// Its storage is formatted: a new generation; bonds and owner stay. The profile ends the link first, a faulty card does not.
    case format(endsLink: Bool)
    /// It forgot how far it had counted, and gives out numbers once more that were released or acknowledged: so many of each.
    case countsAgain(Int)

    /// Which recording is meant.
    package enum Target: Hashable, Sendable {
        case number(UInt32)
        /// The one that is being read; where none is, the oldest that is complete and not released.
        case current
    }

    /// When it happens.
    package enum Moment: Hashable, Sendable {
        /// Behind the n-th further value of a recording that is notified, counted from 1.
        case value(Int)
        /// Before the n-th further request of that opcode is obeyed.
        case request(ControlOpcode, Int)
        /// The n-th further request of that opcode was obeyed and is durable; its response was not sent yet.
        case response(ControlOpcode, Int)
    }

    /// Its name in counts of hits.
    package var name: String {
        switch self {
        case .reboot(keepsClock: true): "reboot with clock"
        case .reboot(keepsClock: false): "reboot without clock"
        case .clockShows: "clock wrong"
        case .clockUnset: "clock unset"
        case .full: "card full"
        case .delete: "recording deleted"
        case .lose: "recording lost"
        case .damage: "bad block"
        case .overflow: "event log overflow"
        case .format(endsLink: true): "format"
        case .format(endsLink: false): "format in session"
        case .countsAgain: "numbers reused"
        }
    }
}
