package import Drivers
package import GATT
package import Recordings

/// Decides which card of one adapter is met next. A value without I/O; times are durations since the radio began, in boot time.
///
/// A card is wanted when its advertisement has something that the last complete session had not, when its back-off is over,
/// when an action waits for it, or when no session since the start or since one that broke was complete; and only if it was heard since
/// its last attempt and in the last turns of listening, since an attempt on a card that is not there keeps the adapter from all others.
///
/// Who waits longest comes first; a nearly full card, and one that a person waits for, counts as if it had waited `headStart` longer, so
/// that nobody waits for ever behind them. A slot is freed by the session that was used longest ago.
package struct MeetingPlan: Sendable {
    package struct Entry: Sendable {
        package fileprivate(set) var card: PairedCard
        package var hint: CardHint?
        package var rssi: Int?
        /// When it was last heard; nil when not since its last attempt or session.
        package var heard: Duration?
        package var isLinked = false
        package var actionWaits = false
        /// Its last session did not end complete, or nobody knows how it ended: an answer that the card gave may not have come here, and a card
        /// that did what it was asked advertises nothing. Or something on this side has to be told to it.
        var isOpen = true
        package var lastEnd: String?
        /// What it last said of its battery, by advertisement or event; nil before the first.
        package var batteryIsLow: Bool?
        var wantedSince: Duration?
        /// When its link stood first, or last brought something: an event, a recording, an action.
        var lastUsed: Duration?
        /// Turns of listening in a row in which it was not heard.
        var missedTurns = 0
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

    /// So much longer a nearly full card seems to have waited. It has a tenth of its storage left, which is hours.
    package static let headStart: Duration = .seconds(10 * 60)
    /// So much less a card seems to have waited for each attempt in a row that failed: each may keep the adapter from the others for 20 s.
    static let failurePenalty: Duration = .seconds(30)
    /// A session that was asked to yield and goes on for so long has something to fetch: another one is asked as well.
    static let yieldPatience: Duration = .seconds(10)
    /// Turns of listening in a row without a card, after which it is away.
    static let missedTurns = 2
    /// After news of any card the next is likely: so long nobody rests.
    package static let attention: Duration = .seconds(60)

    package private(set) var entries: [CardID: Entry] = [:]
    /// Who was asked to yield, and when.
    private var asked: [CardID: Duration] = [:]
    package private(set) var slots: LinkSlots
    private var lastNews: Duration = .zero
    /// How many links stood when the attempt began that is under way: some may end meanwhile.
    private var linksBeside = 0

    private let headStart: Duration

    /// - Parameters:
    ///   - slots: how many links the adapter holds, as far as is known.
    ///   - headStart: see there.
    package init(slots: Int = LinkSlots.most, headStart: Duration = Self.headStart) {
        self.slots = LinkSlots(known: slots)
        self.headStart = headStart
    }

    package var links: Int { entries.values.count { $0.isLinked } }

    /// Adds a card, or takes over its new name.
    package mutating func add(_ card: PairedCard) {
        var entry = Entry(card: card)
        if let known = entries[card.id], known.card.peer == card.peer {
            entry = known
            guard known.card != card else { return }
            entry = Entry(
                card: card, hint: known.hint, rssi: known.rssi, heard: known.heard, isLinked: known.isLinked, actionWaits: known.actionWaits,
                batteryIsLow: known.batteryIsLow)
        }
        entries[card.id] = entry
    }

    /// Another program made its bond anew.
    package mutating func bondIsForeign(_ card: CardID) { entries[card]?.card.bondIsForeign = true }

    package mutating func remove(_ card: CardID) {
        entries[card] = nil
        asked[card] = nil
    }

    /// - Returns: whether this is news: the card was away, or its hint changed.
    package mutating func heard(_ card: CardID, hint: CardHint, rssi: Int?, at now: Duration) -> Bool {
        guard var entry = entries[card], !entry.isLinked else { return false }
        let isNews = entry.heard == nil || entry.hint != hint
        entry.hint = hint
        entry.batteryIsLow = hint.batteryIsLow
        entry.rssi = rssi
        entry.heard = now
        entry.missedTurns = 0
        // Whoever is wanted later only does not wait before that.
        entry.wantedSince = wantedFrom(entry).map { min(entry.wantedSince ?? .seconds(Int64.max), max($0, now)) }
        entries[card] = entry
        if isNews { lastNews = now }
        return isNews
    }

    /// A whole turn of listening is over: a card that was not heard in some of them in a row is away, and is not attempted.
    package mutating func listened(since start: Duration) {
        for (card, entry) in entries {
            let isWaiting = entry.heard != nil || entry.wantedSince != nil
            guard !entry.isLinked, isWaiting, entry.heard ?? .zero < start else { continue }
            entries[card]?.missedTurns += 1
            guard entry.missedTurns + 1 >= Self.missedTurns else { continue }
            entries[card]?.heard = nil
            entries[card]?.wantedSince = nil
        }
    }

    /// Whether something may come at any moment, so that the adapter listens all the time: there was news a moment ago, or a person or a card waits.
    package func isAttentive(at now: Duration) -> Bool {
        now - lastNews < Self.attention
            || entries.values.contains { entry in
                !entry.isLinked && (entry.actionWaits || entry.heard != nil && entry.wantedSince.map { $0 <= now } == true)
            }
    }

    package mutating func actionWaits(_ waits: Bool, for card: CardID, at now: Duration) {
        guard var entry = entries[card] else { return }
        entry.actionWaits = waits
        if waits { entry.wantedSince = min(entry.wantedSince ?? now, now) }
        entries[card] = entry
    }

    /// What this side may do with the card's recordings has changed: it is wanted, whatever it advertises.
    package mutating func reopen(_ card: CardID, at now: Duration) {
        guard var entry = entries[card], !entry.isLinked else { return }
        entry.isOpen = true
        if entry.heard != nil { entry.wantedSince = min(entry.wantedSince ?? now, now) }
        entries[card] = entry
    }

    /// The link stands and its session begins.
    package mutating func linked(_ card: CardID, at now: Duration) {
        entries[card]?.isLinked = true
        entries[card]?.lastUsed = now
        asked[card] = nil
        slots.hold(links)
    }

    /// Its session brought something, or did what a person asked.
    package mutating func used(_ card: CardID, at now: Duration) { entries[card]?.lastUsed = now }

    /// Its event log told so. What it advertises when it is heard again counts from then on.
    package mutating func batteryIsLow(of card: CardID) { entries[card]?.batteryIsLow = true }

    /// A session ended, whatever way.
    package mutating func ended(_ card: CardID, _ report: SessionReport, token: UInt16?, at now: Duration) {
        guard var entry = entries[card] else { return }
        entry.isLinked = false
        entry.heard = nil
        entry.wantedSince = nil
        entry.lastEnd = String(describing: report.end)
        asked[card] = nil
        lastNews = now
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

    /// Its attempt or session was cancelled, so that nobody tells how it ended.
    package mutating func interrupted(_ card: CardID) {
        entries[card]?.isLinked = false
        entries[card]?.heard = nil
        entries[card]?.wantedSince = nil
        entries[card]?.isOpen = true
        asked[card] = nil
    }

    /// No link came about.
    package mutating func failed(_ card: CardID, _ error: GATTError, at now: Duration) -> Duration {
        guard var entry = entries[card] else { return .zero }
        entry.isLinked = false
        entry.heard = nil
        entry.failures += 1
        entry.lastEnd = String(describing: error)
        let pause = BackOff.after(.link(error), failures: entry.failures)
        entry.notBefore = now + pause
        // For want of a slot it had no turn.
        if error.code == .noLinkSlot { entry.failures -= 1 }
        switch error.code {
        case .noLinkSlot: slots.refused(beside: max(links, linksBeside), at: now)
        case .unreachable, .timedOut, .connectionAborted: slots.failed(beside: max(links, linksBeside), at: now)
        default: break
        }
        entries[card] = entry
        return pause
    }

    package mutating func decide(at now: Duration) -> Decision {
        let waiting = entries.values.filter { !$0.isLinked && $0.heard != nil && wantedFrom($0) != nil }
        let due = waiting.filter { (wantedFrom($0) ?? now) <= now }
        guard let first = due.min(by: goesBefore) else {
            return .listen(until: waiting.compactMap(wantedFrom).min())
        }
        guard slots.hasRoom(beside: links, at: now) else { return makeRoom(for: due.count, at: now) }
        linksBeside = links
        return .meet(first.card)
    }

    /// As many sessions are asked as cards wait: the first that has nothing to fetch ends.
    private mutating func makeRoom(for waiting: Int, at now: Duration) -> Decision {
        if asked.count >= waiting, let last = asked.values.max(), last + Self.yieldPatience > now {
            return .listen(until: last + Self.yieldPatience)
        }
        let candidates = entries.values.filter { $0.isLinked && asked[$0.card.id] == nil }
        guard let idle = candidates.min(by: { ($0.lastUsed ?? now, $0.card.id) < ($1.lastUsed ?? now, $1.card.id) }) else {
            return .listen(until: slots.trialAt > now ? slots.trialAt : nil)
        }
        asked[idle.card.id] = now
        return .askToYield(idle.card.id)
    }

    /// From when on a card that is heard is wanted; nil when it is not.
    private func wantedFrom(_ entry: Entry) -> Duration? {
        if entry.actionWaits || entry.isOpen { return entry.notBefore }
        guard let hint = entry.hint, hint.hasUnsynced || hint.hasEvents else { return nil }
        guard hint.token == entry.doneToken else { return entry.notBefore }
        return max(entry.notBefore, entry.doneAt + Self.revisit)
    }

    private func goesBefore(_ a: Entry, _ b: Entry) -> Bool { (rank(a), a.card.id) < (rank(b), b.card.id) }

    private func rank(_ entry: Entry) -> Duration {
        let isUrgent = entry.actionWaits || entry.hint?.isNearlyFull == true
        return (entry.wantedSince ?? entry.heard ?? .zero) + Self.failurePenalty * entry.failures - (isUrgent ? headStart : .zero)
    }
}
