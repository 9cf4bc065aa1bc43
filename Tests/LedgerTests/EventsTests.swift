import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct EventsTests {
    @Test func eachEventIsHeldOnce() async throws {
        let world = try await LedgerWorld()
        let press = LedgerWorld.event(2, .button(.assistant, .double, recording: nil, offset: 0))
        #expect(try await world.commit(LedgerWorld.event(1, .poweredOn), press) == 2)
        #expect(try await world.commit(press, LedgerWorld.event(1, .poweredOn), LedgerWorld.event(3, .batteryLow)) == 3)
        let events = try await world.ledger.events(after: 0, EventFilter(card: world.life.card)).items
        #expect(events.map(\.type) == ["card.paired", "card.powered_on", "button.pressed", "card.battery"])
        #expect(events.map(\.key) == [nil, "A1-0007/5b0c91aa/e1", "A1-0007/5b0c91aa/e2", "A1-0007/5b0c91aa/e3"])
        #expect(try await world.ledger.open(world.life) == 3)
    }

    @Test func aNumberThatIsGivenOutAgainIsAnotherEvent() async throws {
        let world = try await LedgerWorld()
        let first = LedgerWorld.event(2, .button(.assistant, .double, recording: nil, offset: 0))
        let again = LedgerWorld.event(2, first.what, CardTime(.sincePowerOn(milliseconds: 77), boot: 3))
        #expect(try await world.commit(LedgerWorld.event(1, .poweredOn), first) == 2)
        for _ in 0..<2 { #expect(try await world.commit(again) == 2) }
        let events = try await world.ledger.events(after: 0, EventFilter(card: world.life.card)).items
        #expect(events.map(\.type) == ["card.paired", "card.powered_on", "button.pressed", "card.numbers_reused", "button.pressed"])
        #expect(events.map(\.key).suffix(3) == ["A1-0007/5b0c91aa/e2", nil, "A1-0007/5b0c91aa/e2+3.77"])
        let jobs = try await world.ledger.jobs(queue: "hello").items
        #expect(jobs.map(\.key) == ["A1-0007/5b0c91aa/e2/hello", "A1-0007/5b0c91aa/e2+3.77/hello"], "both presses are served")
        #expect(try await world.ledger.audit().cards.map { [$0.events, $0.eventsHeld] } == [[2, 2]])
    }

    /// A recording ends because the card is full: both events have one time, and a faulty card may give both one number.
    @Test func aNumberThatIsGivenOutAgainInTheSameMillisecondIsAnotherEvent() async throws {
        let world = try await LedgerWorld()
        let (first, again) = (LedgerWorld.event(1, .recordingStopped(1)), LedgerWorld.event(1, .storageFull))
        #expect(try await world.commit(first) == 1)
        for event in [again, again, first] { #expect(try await world.commit(event) == 1) }
        let events = try await world.ledger.events(after: 0, EventFilter(card: world.life.card)).items
        #expect(events.map(\.type) == ["card.paired", "recording.stopped", "card.numbers_reused", "card.storage"])
        #expect(events.map(\.number) == [nil, 1, nil, nil])
    }

    @Test func aPressEnqueuesItsJobInTheSameCommit() async throws {
        let world = try await LedgerWorld()
        _ = try await world.commit(
            LedgerWorld.event(1, .button(.assistant, .double, recording: nil, offset: 0)),
            LedgerWorld.event(2, .button(.side, .press, recording: 3, offset: 900)))
        let job = try await world.claim("hello")
        #expect(job.job.key == "A1-0007/5b0c91aa/e1/hello")
        #expect(job.event?.number == 1)
        #expect(job.recording == nil)
        #expect(try await world.ledger.claim("hello", max: 1, for: .seconds(1), worker: "other").isEmpty)
        #expect(try await world.state(of: 3) == .listed, "an event is enough to know a number")
    }

    @Test func aPressThatBeganAMemoWaitsForTheMemo() async throws {
        let world = try await LedgerWorld()
        let press = CardEvent.What.button(.assistant, .press, recording: 1, offset: 0)
        let later = CardEvent.What.button(.assistant, .press, recording: 2, offset: 5000)
        let lost = CardEvent.What.button(.assistant, .press, recording: 3, offset: 0)
        _ = try await world.commit(LedgerWorld.event(1, press), LedgerWorld.event(2, later), LedgerWorld.event(3, lost))
        let jobs = try await world.ledger.jobs(queue: "hello").items
        #expect(jobs.map(\.state) == [.held, .ready, .held], "a press in the middle of a meeting does not wait for its end")
        let memo = try await world.store(1)
        #expect(try await world.ledger.job(jobs[0].id).state == .ready)
        #expect(try await world.claim("hello").recording?.id == memo)
        _ = try await world.commit(LedgerWorld.event(4, .lost(3)))
        #expect(try await world.ledger.job(jobs[2].id).state == .ready, "nothing will come of that memo")
    }

    @Test func aRoutesTextIsCommittedWithThePress() async throws {
        let world = try await LedgerWorld()
        _ = try await world.commit(
            LedgerWorld.event(1, .button(.assistant, .double, recording: nil, offset: 0)),
            LedgerWorld.event(2, .button(.assistant, .press, recording: nil, offset: 0)))
        #expect(try await world.ledger.screens(waitingFor: world.life.card).map(\.content.text) == ["On it"])
    }

    @Test func timesWithoutAClockAreMendedBySetTime() async throws {
        let world = try await LedgerWorld()
        let unset = CardTime(.sincePowerOn(milliseconds: 5000), boot: 7)
        let otherBoot = CardTime(.sincePowerOn(milliseconds: 5000), boot: 6)
        _ = try await world.commit(LedgerWorld.event(1, .poweredOn, otherBoot), LedgerWorld.event(2, .batteryLow, unset))
        _ = try await world.plan([LedgerWorld.entry(1, started: unset), LedgerWorld.entry(2, started: otherBoot)])
        #expect(try await world.ledger.recording(named: "anna/1").clock == .unknown)
        try await world.ledger.mend(by: ClockReading(boot: 7, powerOn: TestMachine.morning), of: world.life)
        let mended = TestMachine.morning.advanced(by: 5000)
        let events = try await world.ledger.events(after: 0, EventFilter(types: ["card.battery", "card.powered_on"])).items
        #expect(events.map(\.time) == [nil, mended])
        #expect(events.map(\.clock) == [.unknown, .mended])
        #expect(events.map(\.raw) == [otherBoot, unset], "what the card said stays")
        let recording = try await world.ledger.recording(named: "anna/1")
        #expect(recording.started == mended && recording.clock == .mended && recording.startedRaw == unset)
        #expect(try await world.ledger.recording(named: "anna/2").started == nil)
        // What comes later of the same boot is mended as it comes, and stays so when it is listed again.
        _ = try await world.plan([LedgerWorld.entry(1, started: unset), LedgerWorld.entry(3, started: unset)])
        #expect(try await world.ledger.recording(named: "anna/3").clock == .mended)
        #expect(try await world.ledger.recording(named: "anna/1").clock == .mended)
    }

    @Test func timesWithoutAClockAreMendedByTheClockSetEvent() async throws {
        let world = try await LedgerWorld()
        let before = CardTime(.sincePowerOn(milliseconds: 10_000), boot: 7)
        let after = CardTime(.utc(TestMachine.morning.advanced(by: 10_000)), boot: 7)
        _ = try await world.commit(
            LedgerWorld.event(1, .button(.side, .press, recording: nil, offset: 0), CardTime(.sincePowerOn(milliseconds: 4000), boot: 7)),
            LedgerWorld.event(2, .clockSet(before: before), after))
        let events = try await world.ledger.events(after: 0, EventFilter(types: ["button.*"])).items
        #expect(events.map(\.time) == [TestMachine.morning.advanced(by: 4000)])
        #expect(events.map(\.clock) == [.mended])
    }

    @Test func theFeedIsReadInPieces() async throws {
        let world = try await LedgerWorld()
        for number in 1...5 { _ = try await world.commit(LedgerWorld.event(UInt32(number), .poweredOn)) }
        let first = try await world.ledger.events(after: 0, EventFilter(types: ["card.powered_on"]), limit: 3)
        let second = try await world.ledger.events(after: first.last, EventFilter(types: ["card.powered_on"]), limit: 3)
        #expect(first.items.map(\.number) == [1, 2, 3])
        #expect(second.items.map(\.number) == [4, 5])
        #expect(try await world.ledger.events(after: second.last).items.isEmpty)
        let none = try await world.ledger.events(after: 0, EventFilter(types: ["delivery.*"]))
        #expect(none.items.isEmpty && none.last == second.last, "what does not fit is not read again")
    }
}
