import Drivers
import GATT
import Radio
import Recordings

/// An office of 200 cards around one adapter with five link slots, as far as the plan sees it: who presses when, how long sessions take and
/// which attempts fail is drawn by the seed. Some cards are nearly full and always have something new: together more than the adapter can serve.
struct OfficeModel {
    /// How long cards waited from a press to the link that fetches it.
    struct Report {
        var longest: Duration = .zero
        /// Of cards that are not nearly full, and of those that are.
        var ordinary: [Duration] = []
        var full: [Duration] = []
        var refusals = 0
        var met: Set<CardID> = []

        mutating func note(_ wait: Duration, isFull: Bool) {
            longest = max(longest, wait)
            if isFull { full.append(wait) } else { ordinary.append(wait) }
        }
    }

    private struct Card {
        let paired: PairedCard
        let isFull: Bool
        var nextPress: Duration
        var token: UInt16 = 0
        var newsSince: Duration?
        var isLinked = false
        var isAsked = false
        var busyUntil: Duration = .zero
        var linkedSince: Duration = .zero
        /// Its advertisement is to be heard once the adapter listens.
        var isToBeHeard = true
    }

    static let slots = 5
    private static let attempt: Duration = .milliseconds(700)
    private static let session: Duration = .seconds(15 * 60)

    private var plan: MeetingPlan
    private var random: UInt64
    private var cards: [Card] = []
    private var positions: [CardID: Int] = [:]
    private var connecting: (position: Int, until: Duration)?
    private var turn: Duration = .zero
    private var report = Report()

    init(seed: UInt64, plan: MeetingPlan, cards count: Int = 200, full: Int) {
        self.plan = plan
        random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        for number in 1...count {
            let card = MeetingPlanTests.card(UInt64(number))
            positions[card.id] = cards.count
            cards.append(Card(paired: card, isFull: number <= full, nextPress: draw(upTo: 60)))
            self.plan.add(card)
        }
    }

    /// - Parameter yields: whether a session ends when it is asked to.
    mutating func run(until end: Duration, yields: Bool = true) -> Report {
        var now: Duration = .zero
        while now < end {
            press(at: now)
            finishAttempt(at: now)
            for card in cards where card.isLinked && card.busyUntil > now { plan.used(card.paired.id, at: now) }
            if yields { endSessions(at: now) }
            if connecting == nil { listen(at: now) }
            now = max(now + .milliseconds(100), nextEvent(behind: now, decide(at: now)))
        }
        for card in cards { if let since = card.newsSince { report.note(end - since, isFull: card.isFull) } }
        return report
    }

    private mutating func next() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    private mutating func draw(upTo seconds: Int) -> Duration { .milliseconds(Int64(next() % UInt64(seconds * 1000))) }

    private mutating func press(at now: Duration) {
        for position in cards.indices where cards[position].nextPress <= now {
            cards[position].nextPress = now + (cards[position].isFull ? draw(upTo: 40) : draw(upTo: 1800))
            cards[position].token &+= 1
            if cards[position].isLinked {
                // Notified, and fetched at once.
                report.note(.zero, isFull: cards[position].isFull)
                cards[position].busyUntil = max(now, cards[position].busyUntil) + .seconds(1)
                plan.used(cards[position].paired.id, at: now)
            } else {
                cards[position].newsSince = cards[position].newsSince ?? now
                cards[position].isToBeHeard = true
            }
        }
    }

    private mutating func finishAttempt(at now: Duration) {
        guard let (position, until) = connecting, until <= now else { return }
        connecting = nil
        let id = cards[position].paired.id
        if cards.count(where: \.isLinked) >= Self.slots {
            report.refusals += 1
            _ = plan.failed(id, GATTError(.noLinkSlot, "full"), at: now)
        } else if next() % 10 == 0 {
            _ = plan.failed(id, GATTError(.unreachable, "drawn"), at: now)
        } else {
            if let since = cards[position].newsSince { report.note(now - since, isFull: cards[position].isFull) }
            report.met.insert(id)
            cards[position].newsSince = nil
            cards[position].isLinked = true
            cards[position].isAsked = false
            cards[position].linkedSince = now
            cards[position].busyUntil = now + (next() % 20 == 0 ? .seconds(60) + draw(upTo: 120) : .seconds(1) + draw(upTo: 11))
            plan.linked(id, at: now)
            return
        }
        cards[position].isToBeHeard = true
    }

    private mutating func endSessions(at now: Duration) {
        for position in cards.indices where cards[position].isLinked && cards[position].busyUntil <= now {
            guard cards[position].isAsked || now - cards[position].linkedSince > Self.session else { continue }
            cards[position].isLinked = false
            cards[position].isToBeHeard = true
            var report = SessionReport(end: .complete)
            report.sawEverything = true
            plan.ended(cards[position].paired.id, report, token: cards[position].token, at: now)
        }
    }

    private mutating func listen(at now: Duration) {
        if now >= turn {
            plan.listened(since: turn - .seconds(10))
            turn = now + .seconds(10)
            for position in cards.indices { cards[position].isToBeHeard = true }
        }
        for position in cards.indices where cards[position].isToBeHeard && !cards[position].isLinked {
            let card = cards[position]
            let hint = CardHint(
                hasUnsynced: card.newsSince != nil, unsynced: 1, hasEvents: false, isRecording: false, inPairingMode: false,
                isNearlyFull: card.isFull, batteryIsLow: false, token: card.token)
            _ = plan.heard(card.paired.id, hint: hint, rssi: nil, at: now)
            cards[position].isToBeHeard = false
        }
    }

    private mutating func decide(at now: Duration) -> Duration? {
        guard connecting == nil else { return nil }
        while true {
            switch plan.decide(at: now) {
            case .meet(let card):
                if let position = positions[card.id] { connecting = (position, now + Self.attempt) }
                return nil
            case .askToYield(let card): if let position = positions[card] { cards[position].isAsked = true }
            case .listen(let until): return until
            }
        }
    }

    private func nextEvent(behind now: Duration, _ look: Duration?) -> Duration {
        var next = connecting?.until ?? turn
        if let look { next = min(next, look) }
        for card in cards {
            next = min(next, card.nextPress)
            if card.isLinked, card.busyUntil > now { next = min(next, card.busyUntil) }
        }
        return next
    }
}
