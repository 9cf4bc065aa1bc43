package import Drivers
package import GATT
package import Recordings

/// Decides which card of one adapter is met next. A value without I/O; times are durations since the radio began, in boot time.
///
/// A card is wanted when its advertisement has something that the last complete session had not, when its back-off is over,
/// when an action waits for it, or when no session since the start or since one that broke was complete; and only if it was heard since its last attempt, since an attempt on a card that is not there
/// keeps the adapter from all others.
package struct MeetingPlan: Sendable {
    package struct Entry: Sendable {
        package let card: PairedCard
        package var hint: CardHint?
        package var rssi: Int?
        /// When it was last heard; nil when not since its last attempt or session.
        package var heard: Duration?
        package var isLinked = false
        package var actionWaits = false
        /// Its last session did not end complete, or nobody knows how it ended: an answer that the card gave may not have come here, and a card
        /// that did what it was asked advertises nothing.
        var isOpen = true
        package var lastEnd: String?
        var wantedSince: Duration?
        var linkedSince: Duration?
        var notBefore: Duration = .zero
        var failures = 0
        var doneToken: UInt16?
        var doneAt: Duration = .zero
    }

    package enum Decision: Sendable, Equatable {
        case meet(PairedCard)
        /// Every slot is taken and somebody waits: ask this card's session to end when it has nothing to fetch.
        case askToYield(CardID)
        /// Nothing to do but listen; look again at this time, if any.
        case listen(until: Duration?)
    }

    /// A card whose bits stay set after a complete session is met again after this (Recorder Card Profile, Advertising).
    package static let revisit: Duration = .seconds(15 * 60)

    package private(set) var entries: [CardID: Entry] = [:]
    private var asked: Set<CardID> = []
    /// How many links the adapter holds: learned when it refuses one more. An adapter holds 5 to 12.
    package private(set) var slots: Int

    package init(slots: Int = 5) { self.slots = max(1, slots) }

    package var links: Int { entries.values.count { $0.isLinked } }

    /// Adds a card, or takes over its new name.
    package mutating func add(_ card: PairedCard) {
        var entry = Entry(card: card)
        if let known = entries[card.id], known.card.peer == card.peer {
            entry = known
            guard known.card != card else { return }
            entry = Entry(
                card: card, hint: known.hint, rssi: known.rssi, heard: known.heard, isLinked: known.isLinked, actionWaits: known.actionWaits)
        }
        entries[card.id] = entry
    }

    package mutating func remove(_ card: CardID) {
        entries[card] = nil
        asked.remove(card)
    }

    /// - Returns: whether this is news: the card was away, or its hint changed.
    package mutating func heard(_ card: CardID, hint: CardHint, rssi: Int?, at now: Duration) -> Bool {
        guard var entry = entries[card], !entry.isLinked else { return false }
        let isNews = entry.heard == nil || entry.hint != hint
        entry.hint = hint
        entry.rssi = rssi
        entry.heard = now
        if entry.wantedSince == nil, wantedFrom(entry) != nil { entry.wantedSince = now }
        entries[card] = entry
        return isNews
    }

    package mutating func actionWaits(_ waits: Bool, for card: CardID, at now: Duration) {
        guard var entry = entries[card] else { return }
        entry.actionWaits = waits
        if waits, entry.wantedSince == nil { entry.wantedSince = now }
        entries[card] = entry
    }

    /// The link stands and its session begins.
    package mutating func linked(_ card: CardID, at now: Duration) {
        entries[card]?.isLinked = true
        entries[card]?.linkedSince = now
        asked.remove(card)
    }

    /// A session ended, whatever way.
    package mutating func ended(_ card: CardID, _ report: SessionReport, token: UInt16?, at now: Duration) {
        guard var entry = entries[card] else { return }
        entry.isLinked = false
        entry.heard = nil
        entry.wantedSince = nil
        entry.lastEnd = String(describing: report.end)
        asked.remove(card)
        entry.isOpen = report.end != .complete
        if report.end == .complete {
            entry.doneToken = token
            entry.doneAt = now
        }
        let progressed = report.payloadBytes > 0 || report.eventsCommitted > 0 || report.sawEverything
        entry.failures = progressed ? 1 : entry.failures + 1
        entry.notBefore = now + BackOff.after(report.end, failures: entry.failures)
        if report.end == .complete { entry.failures = 0 }
        entries[card] = entry
    }

    /// No link came about.
    package mutating func failed(_ card: CardID, _ error: GATTError, at now: Duration) -> Duration {
        guard var entry = entries[card] else { return .zero }
        if error.code == .noLinkSlot { slots = max(1, links) }
        entry.isLinked = false
        entry.heard = nil
        entry.failures += 1
        entry.lastEnd = String(describing: error)
        let pause = BackOff.after(.link(error), failures: entry.failures)
        entry.notBefore = now + pause
        entries[card] = entry
        return pause
    }

    package mutating func decide(at now: Duration) -> Decision {
        let waiting = entries.values.filter { !$0.isLinked && $0.heard != nil && wantedFrom($0) != nil }
        let due = waiting.filter { (wantedFrom($0) ?? now) <= now }
        guard let first = due.min(by: goesBefore) else {
            return .listen(until: waiting.compactMap(wantedFrom).min())
        }
        guard links >= slots else { return .meet(first.card) }
        let candidates = entries.values.filter { $0.isLinked && !asked.contains($0.card.id) }
        guard asked.isEmpty, let longest = candidates.min(by: { ($0.linkedSince ?? now, $0.card.id) < ($1.linkedSince ?? now, $1.card.id) }) else {
            return .listen(until: nil)
        }
        asked.insert(longest.card.id)
        return .askToYield(longest.card.id)
    }

    /// From when on a card that is heard is wanted; nil when it is not.
    private func wantedFrom(_ entry: Entry) -> Duration? {
        if entry.actionWaits || entry.isOpen { return entry.notBefore }
        guard let hint = entry.hint, hint.hasUnsynced || hint.hasEvents else { return nil }
        guard hint.token == entry.doneToken else { return entry.notBefore }
        return max(entry.notBefore, entry.doneAt + Self.revisit)
    }

    /// Nearly full cards first, then who waits longest.
    private func goesBefore(_ a: Entry, _ b: Entry) -> Bool {
        let (aFull, bFull) = (a.hint?.isNearlyFull ?? false, b.hint?.isNearlyFull ?? false)
        if aFull != bFull { return aFull }
        let (aSince, bSince) = (a.wantedSince ?? a.heard ?? .zero, b.wantedSince ?? b.heard ?? .zero)
        return aSince != bSince ? aSince < bSince : a.card.id < b.card.id
    }
}
