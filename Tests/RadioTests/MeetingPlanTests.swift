import Drivers
import GATT
import Radio
import Recordings
import Testing

@Suite struct MeetingPlanTests {
    static let adapter = DeviceAddress(0xAA_0000_0000_01, kind: .public)

    static func card(_ number: UInt64) -> PairedCard {
        PairedCard(
            id: CardID.make(at: UTCTime(milliseconds: Int64(number)), random: number, sequence: 0), name: "card\(number)", adapter: adapter,
            peer: DeviceAddress(0xC0_0000_0000_00 + number, kind: .random), isAccepted: true)
    }

    static func hint(unsynced: Bool = true, full: Bool = false, token: UInt16 = 1) -> CardHint {
        CardHint(
            hasUnsynced: unsynced, unsynced: unsynced ? 1 : 0, hasEvents: false, isRecording: false, inPairingMode: false, isNearlyFull: full,
            batteryIsLow: false, token: token)
    }

    static let complete: SessionReport = {
        var report = SessionReport(end: .complete)
        report.sawEverything = true
        return report
    }()

    @Test func meetsWhoWaitsLongestAndNearlyFullCardsFirst() {
        var plan = MeetingPlan()
        var decision: MeetingPlan.Decision
        let (a, b, c) = (Self.card(1), Self.card(2), Self.card(3))
        for card in [a, b, c] { plan.add(card) }
        decision = plan.decide(at: .zero)
        #expect(decision == .listen(until: nil), "nobody was heard")
        _ = plan.heard(b.id, hint: Self.hint(), rssi: nil, at: .seconds(1))
        _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: .seconds(2))
        decision = plan.decide(at: .seconds(3))
        #expect(decision == .meet(b))
        _ = plan.heard(c.id, hint: Self.hint(full: true), rssi: nil, at: .seconds(3))
        decision = plan.decide(at: .seconds(3))
        #expect(decision == .meet(c))
    }

    @Test func newsIsWhatChanged() {
        var plan = MeetingPlan()
        let a = Self.card(1)
        plan.add(a)
        let news1 = plan.heard(a.id, hint: Self.hint(), rssi: -50, at: .zero)
        #expect(news1)
        let news2 = plan.heard(a.id, hint: Self.hint(), rssi: -60, at: .seconds(1))
        #expect(!news2)
        let news3 = plan.heard(a.id, hint: Self.hint(token: 2), rssi: -60, at: .seconds(2))
        #expect(news3)
    }

    @Test func aCompleteSessionIsRepeatedOnANewTokenOrAfterAQuarterOfAnHour() {
        var plan = MeetingPlan()
        var decision: MeetingPlan.Decision
        let a = Self.card(1)
        plan.add(a)
        _ = plan.heard(a.id, hint: Self.hint(token: 7), rssi: nil, at: .zero)
        plan.linked(a.id, at: .seconds(1))
        decision = plan.decide(at: .seconds(1))
        #expect(decision == .listen(until: nil))
        plan.ended(a.id, Self.complete, token: 7, at: .seconds(10))
        _ = plan.heard(a.id, hint: Self.hint(token: 7), rssi: nil, at: .seconds(11))
        decision = plan.decide(at: .seconds(12))
        #expect(decision == .listen(until: .seconds(10) + MeetingPlan.revisit))
        decision = plan.decide(at: .seconds(10) + MeetingPlan.revisit)
        #expect(decision == .meet(a))
        _ = plan.heard(a.id, hint: Self.hint(token: 8), rssi: nil, at: .seconds(13))
        decision = plan.decide(at: .seconds(13))
        #expect(decision == .meet(a))
    }

    @Test func aCardThatIsForgottenAfterItWasAskedToYieldKeepsNobodyWaiting() {
        var plan = MeetingPlan(slots: 2)
        let (a, b, c, d) = (Self.card(1), Self.card(2), Self.card(3), Self.card(4))
        for card in [a, b, c, d] { plan.add(card) }
        for (index, card) in [a, b].enumerated() {
            _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: .seconds(index))
            plan.linked(card.id, at: .seconds(index))
        }
        _ = plan.heard(c.id, hint: Self.hint(), rssi: nil, at: .seconds(2))
        var decision = plan.decide(at: .seconds(2))
        #expect(decision == .askToYield(a.id))
        plan.remove(a.id)
        plan.ended(a.id, Self.complete, token: 1, at: .seconds(3))
        decision = plan.decide(at: .seconds(3))
        #expect(decision == .meet(c))
        plan.linked(c.id, at: .seconds(3))
        _ = plan.heard(d.id, hint: Self.hint(), rssi: nil, at: .seconds(4))
        decision = plan.decide(at: .seconds(4))
        #expect(decision == .askToYield(b.id))
    }

    @Test func aCardWithNothingNewIsMetForAnActionOnly() {
        var plan = MeetingPlan()
        var decision: MeetingPlan.Decision
        let a = Self.card(1)
        plan.add(a)
        plan.linked(a.id, at: .zero)
        plan.ended(a.id, Self.complete, token: 1, at: .zero)
        _ = plan.heard(a.id, hint: Self.hint(unsynced: false), rssi: nil, at: .zero)
        decision = plan.decide(at: .zero)
        #expect(decision == .listen(until: nil))
        plan.actionWaits(true, for: a.id, at: .seconds(1))
        decision = plan.decide(at: .seconds(1))
        #expect(decision == .meet(a))
        plan.actionWaits(false, for: a.id, at: .seconds(2))
        decision = plan.decide(at: .seconds(2))
        #expect(decision == .listen(until: nil))
    }

    /// RELEASE was answered and the answer was lost, with the link or with the gateway: the card has nothing more to say.
    @Test func aCardWithNothingNewIsMetAfterAStartAndAfterASessionThatBroke() {
        var plan = MeetingPlan()
        let a = Self.card(1)
        plan.add(a)
        for end in [SessionReport.End.complete, .link(GATTError(.disconnected, "gone")), .complete] {
            _ = plan.heard(a.id, hint: Self.hint(unsynced: false), rssi: nil, at: .seconds(100))
            let decision = plan.decide(at: .seconds(100))
            #expect(decision == .meet(a))
            plan.linked(a.id, at: .seconds(100))
            plan.ended(a.id, SessionReport(end: end), token: 1, at: .zero)
            if end == .complete {
                _ = plan.heard(a.id, hint: Self.hint(unsynced: false), rssi: nil, at: .seconds(100))
                let decision = plan.decide(at: .seconds(100))
                #expect(decision == .listen(until: nil))
                plan.linked(a.id, at: .seconds(100))
                plan.ended(a.id, SessionReport(end: .link(GATTError(.disconnected, "gone"))), token: 1, at: .zero)
            }
        }
    }

    @Test func aFailedAttemptWaitsForItsBackOffAndForANewAdvertisement() {
        var plan = MeetingPlan()
        var decision: MeetingPlan.Decision
        let a = Self.card(1)
        plan.add(a)
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 1...16 {
            _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: now)
            decision = plan.decide(at: now)
            #expect(decision == .meet(a))
            let pause = plan.failed(a.id, GATTError(.unreachable, "not there"), at: now)
            pauses.append(pause)
            decision = plan.decide(at: now + pause)
            #expect(decision == .listen(until: nil), "not heard since")
            _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: now)
            decision = plan.decide(at: now)
            #expect(decision == .listen(until: now + pause))
            now += pause
        }
        #expect(pauses.prefix(5) == [.milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(4)])
        #expect(pauses.last == .seconds(15 * 60), "the back-off is capped")
    }

    @Test func aTakenAdapterAsksTheLongestSessionToYieldOnce() {
        var plan = MeetingPlan(slots: 2)
        var decision: MeetingPlan.Decision
        let cards = (1...3).map { Self.card($0) }
        for (index, card) in cards.enumerated() {
            plan.add(card)
            _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: .seconds(index))
        }
        plan.linked(cards[0].id, at: .seconds(5))
        plan.linked(cards[1].id, at: .seconds(6))
        decision = plan.decide(at: .seconds(7))
        #expect(decision == .askToYield(cards[0].id))
        decision = plan.decide(at: .seconds(8))
        #expect(decision == .listen(until: .seconds(17)), "another one is asked when the first goes on")
        plan.ended(cards[0].id, Self.complete, token: 1, at: .seconds(9))
        decision = plan.decide(at: .seconds(9))
        #expect(decision == .meet(cards[2]))
    }

    @Test func theNumberOfSlotsIsLearned() {
        var plan = MeetingPlan(slots: 5)
        let cards = (1...3).map { Self.card($0) }
        for card in cards {
            plan.add(card)
            _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: .zero)
        }
        plan.linked(cards[0].id, at: .zero)
        plan.linked(cards[1].id, at: .zero)
        _ = plan.failed(cards[2].id, GATTError(.noLinkSlot, "full"), at: .seconds(1))
        #expect(plan.slots.known == 2)
    }

    /// A refusal may be a passing one: one more is tried again, later and later while it is refused.
    @Test func theNumberOfSlotsIsLearnedUpwardToo() {
        var plan = MeetingPlan()
        let cards = (1...8).map { Self.card($0) }
        for card in cards { plan.add(card) }
        func hear(_ now: Duration) { for card in cards { _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: now) } }
        hear(.zero)
        plan.linked(cards[0].id, at: .zero)
        _ = plan.failed(cards[1].id, GATTError(.noLinkSlot, "full"), at: .zero)
        #expect(plan.slots.known == 1)
        hear(.seconds(10))
        var decision = plan.decide(at: .seconds(10))
        #expect(decision == .askToYield(cards[0].id))
        decision = plan.decide(at: .seconds(60))
        guard case .meet(let trial) = decision else {
            Issue.record("no trial: \(decision)")
            return
        }
        _ = plan.failed(trial.id, GATTError(.noLinkSlot, "full"), at: .seconds(60))
        hear(.seconds(120))
        decision = plan.decide(at: .seconds(179))
        #expect(!decision.isMeeting, "the second pause is twice as long")
        // From here on the adapter takes all that come.
        var now: Duration = .seconds(180)
        for _ in 0..<6 {
            hear(now)
            guard case .meet(let card) = plan.decide(at: now) else { break }
            plan.linked(card.id, at: now)
            now += .seconds(1)
        }
        #expect(plan.links == 7 && plan.slots.known == 7)
    }

    /// A controller that is full and does not say so: attempts end by themselves.
    @Test func attemptsInVainBesideManyLinksMeanThatTheAdapterIsFull() {
        var plan = MeetingPlan()
        let cards = (1...9).map { Self.card($0) }
        for card in cards {
            plan.add(card)
            _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: .zero)
        }
        for card in cards.prefix(6) { plan.linked(card.id, at: .zero) }
        _ = plan.failed(cards[6].id, GATTError(.unreachable, "20 s"), at: .seconds(20))
        #expect(plan.slots.known == LinkSlots.most)
        _ = plan.failed(cards[7].id, GATTError(.unreachable, "20 s"), at: .seconds(40))
        #expect(plan.slots.known == 6)
    }

    @Test func theSessionThatWasUsedLongestAgoYieldsAndABusyOneHoldsNobodyUp() {
        var plan = MeetingPlan(slots: 2)
        let cards = (1...3).map { Self.card($0) }
        for (index, card) in cards.enumerated() {
            plan.add(card)
            _ = plan.heard(card.id, hint: Self.hint(), rssi: nil, at: .zero)
            if index < 2 { plan.linked(card.id, at: .seconds(index)) }
        }
        plan.used(cards[0].id, at: .seconds(5))
        var decision = plan.decide(at: .seconds(6))
        #expect(decision == .askToYield(cards[1].id))
        decision = plan.decide(at: .seconds(7))
        #expect(decision == .listen(until: .seconds(16)))
        decision = plan.decide(at: .seconds(16))
        #expect(decision == .askToYield(cards[0].id), "the first has something to fetch")
    }

    @Test func aBatteryIsLowByEventOrAdvertisementWhicheverCameLast() {
        var plan = MeetingPlan()
        let a = Self.card(1)
        plan.add(a)
        #expect(plan.entries[a.id]?.batteryIsLow == nil)
        _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: .seconds(1))
        #expect(plan.entries[a.id]?.batteryIsLow == false)
        plan.linked(a.id, at: .seconds(2))
        plan.batteryIsLow(of: a.id)
        plan.ended(a.id, Self.complete, token: 1, at: .seconds(3))
        #expect(plan.entries[a.id]?.batteryIsLow == true)
        _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: .seconds(4))
        #expect(plan.entries[a.id]?.batteryIsLow == false, "it was charged")
    }

    @Test func aCardThatIsNotHeardInTwoTurnsIsAway() {
        var plan = MeetingPlan()
        let a = Self.card(1)
        plan.add(a)
        _ = plan.heard(a.id, hint: Self.hint(), rssi: nil, at: .seconds(1))
        plan.listened(since: .zero)
        plan.listened(since: .seconds(10))
        #expect(plan.entries[a.id]?.heard != nil)
        plan.listened(since: .seconds(20))
        #expect(plan.entries[a.id]?.heard == nil)
        let decision = plan.decide(at: .seconds(30))
        #expect(decision == .listen(until: nil), "an attempt would keep the adapter from all others")
        #expect(!plan.isAttentive(at: .seconds(120)))
        plan.actionWaits(true, for: a.id, at: .seconds(120))
        #expect(plan.isAttentive(at: .seconds(120)))
    }

    /// A card that waits for a slot keeps the turns of listening short, however long ago it was news.
    @Test func whoWaitsKeepsTheAdapterAttentive() {
        var plan = MeetingPlan(slots: 1)
        let (a, b) = (Self.card(1), Self.card(2))
        for card in [a, b] { plan.add(card) }
        plan.linked(a.id, at: .zero)
        _ = plan.heard(b.id, hint: Self.hint(), rssi: nil, at: .seconds(1))
        #expect(plan.isAttentive(at: .seconds(600)))
        plan.linked(b.id, at: .seconds(600))
        #expect(!plan.isAttentive(at: .seconds(700)))
    }

    @Test func aCardIsWantedOnceMoreWhenThisSideHasSomethingForIt() {
        var plan = MeetingPlan()
        let a = Self.card(1)
        plan.add(a)
        plan.linked(a.id, at: .zero)
        plan.ended(a.id, Self.complete, token: 1, at: .zero)
        _ = plan.heard(a.id, hint: Self.hint(token: 1), rssi: nil, at: .seconds(1))
        var decision = plan.decide(at: .seconds(1))
        #expect(decision == .listen(until: MeetingPlan.revisit))
        plan.reopen(a.id, at: .seconds(2))
        decision = plan.decide(at: .seconds(2))
        #expect(decision == .meet(a))
        plan.linked(a.id, at: .seconds(2))
        plan.ended(a.id, Self.complete, token: 1, at: .seconds(3))
        _ = plan.heard(a.id, hint: Self.hint(token: 1), rssi: nil, at: .seconds(4))
        decision = plan.decide(at: .seconds(4))
        #expect(!decision.isMeeting)
    }
}

extension MeetingPlan.Decision {
    fileprivate var isMeeting: Bool {
        if case .meet = self { true } else { false }
    }
}
