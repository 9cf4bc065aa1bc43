import Ledger
import Recordings
import TestSupport
import Testing

@Suite struct PlanTests {
    typealias World = LedgerWorld

    @Test func whatIsListedIsPulledOldestFirst() async throws {
        let world = try await World()
        let steps = try await world.plan([World.entry(3), World.entry(1), World.entry(2, flags: .inProgress)])
        #expect(steps == [.pull(World.entry(1)), .pull(World.entry(3))])
        #expect(try await world.ledger.recordings().items.map(\.state) == [.listed, .listed, .listed])
    }

    @Test func whatIsStoredIsReleasedUntilTheCardAnswers() async throws {
        let world = try await World()
        let id = try await world.store(1)
        let release = CustodyStep.release(number: 1, digest: World.digest(1), size: 100)
        #expect(try await world.plan([World.entry(1)]) == [release])
        #expect(try await world.plan([], released: [World.entry(1, flags: [.complete, .released])]) == [release], "the answer was lost")
        #expect(try await world.plan([]) == [release], "it may be gone; the card will say so")
        #expect(try await world.ledger.answer(id, .refused(result: 6)) == .done)
        #expect(try await world.plan([World.entry(1)]) == [release])
        #expect(try await world.ledger.answer(id, .gone) == .done)
        #expect(try await world.state(of: 1) == .proven)
        #expect(try await world.plan([]).isEmpty)
    }

    @Test func afterDeliveryOnly() async throws {
        let world = try await World()
        let id = try await world.store(1)
        #expect(try await world.plan([World.entry(1)], policy: .delivered).isEmpty)
        let job = try await world.claim("upload")
        var result = JobResult()
        result.delivery = DeliveryClaim(destination: "archive", object: "x", sha256: World.digest(1), size: 100)
        _ = try await world.finish(job, result)
        #expect(try await world.plan([World.entry(1)], policy: .delivered).count == 1)
        #expect(try await world.ledger.answer(id, .accepted) == .done)
        #expect(try await world.state(of: 1) == .proven)
    }

    @Test func deletedAndLostOnesAreExplained() async throws {
        let world = try await World()
        _ = try await world.commit(World.event(1, .recordingStarted(1)), World.event(2, .deletedByUser(1)), World.event(3, .lost(2)))
        #expect(try await world.state(of: 1) == .deletedOnCard)
        #expect(try await world.state(of: 2) == .lostOnCard)
        let steps = try await world.plan([World.entry(3, size: 0, flags: .deletedByUser), World.entry(4, size: 0, flags: .lost)])
        #expect(steps.isEmpty)
        #expect(try await world.state(of: 3) == .deletedOnCard)
        #expect(try await world.state(of: 4) == .lostOnCard)
        let report = try await world.ledger.audit()
        #expect(report.unexplained == 0)
        #expect(report.cards.map(\.started) == [4])
        #expect(Set(report.exceptions.map(\.kind)) == [.explained])
    }

    @Test func whatIsHeldHereStaysWhenItsUserDeletesItOnTheCard() async throws {
        let world = try await World()
        try await world.store(1)
        _ = try await world.commit(World.event(1, .deletedByUser(1)))
        #expect(try await world.state(of: 1) == .stored)
    }

    @Test func aNumberThatWasNeverListedIsUnexplained() async throws {
        let world = try await World()
        _ = try await world.plan([World.entry(4), World.entry(9)])
        guard case .absent(let absent) = try await world.ledger.why("anna/2") else {
            Issue.record("2 is a number that nobody listed")
            return
        }
        #expect(absent.first == 1 && absent.last == 3 && absent.state == .vanished)
        let report = try await world.ledger.audit()
        #expect(report.unexplained == 7)
        #expect(report.cards.map(\.started) == [9])
        #expect(report.exceptions.filter { $0.kind == .unexplained }.map(\.what) == ["anna/1-3", "anna/5-8"])
        #expect(await code { _ = try await world.ledger.why("anna/10") } == .notFound)
    }

    @Test func aHostileNumberCostsOneRange() async throws {
        let world = try await World()
        _ = try await world.plan([World.entry(.max)])
        #expect(try await world.ledger.audit().exceptions.map(\.count) == [Int(UInt32.max) - 1, 1])
    }

    /// A card that is formatted before its first session had recordings that nobody here ever heard of.
    @Test func whatWasFormattedBehindThePairingIsNamed() async throws {
        let world = try await World()
        let serial = try World.serial("B2-0001")
        let bond = Bond(adapter: "00:00:00:00:00:01", peer: "C0:00:00:00:00:02", peerKind: "random", method: .passkey)
        let card = try await world.ledger.enroll(serial: serial, name: "ben", device: World.device, bond: bond, generation: 7).id
        let life = CardLife(card: card, generation: Generation(serial: serial, number: 8))
        _ = try await world.ledger.open(life)
        _ = try await world.ledger.commit([World.event(1, .formatted(last: 3))], of: life, received: world.machine.now)
        let report = try await world.ledger.audit(AuditScope(card: card))
        #expect(report.exceptions.map(\.what) == ["ben/1-3"] && report.exceptions.map(\.kind) == [.explained])
        #expect(report.cards.first { $0.generation.number == 7 }?.started == 3)
    }

    /// The user deletes it between the list and its READ, and the event is read in between.
    @Test func whatTheCardLostBehindThePlanStaysLost() async throws {
        for (what, state) in [(CardEvent.What.deletedByUser(1), RecordingState.deletedOnCard), (.lost(1), .lostOnCard)] {
            let world = try await World()
            _ = try await world.plan([World.entry(1)])
            _ = try await world.commit(World.event(1, what))
            _ = try await world.ledger.beginPull(World.entry(1), of: world.life)
            _ = try await world.plan([])
            #expect(try await world.state(of: 1) == state)
        }
    }

    @Test func anotherGatewaysWorkIsNoLoss() async throws {
        let world = try await World()
        // Another gateway acknowledged events 1 to 20 before this one ever met the card.
        try await world.ledger.note(lastEvent: 22, acknowledgedByAnyone: 20, of: world.life)
        _ = try await world.commit(World.event(21, .recordingStarted(8)), World.event(22, .recordingStopped(8)))
        let steps = try await world.plan([World.entry(8)], released: [World.entry(7, flags: [.complete, .released])])
        #expect(steps == [.pull(World.entry(8))])
        #expect(try await world.state(of: 7) == .releasedElsewhere)
        let report = try await world.ledger.audit()
        #expect(report.unexplained == 0)
        #expect(report.cards.map { [$0.started, $0.events, $0.eventsHeld] } == [[8, 22, 2]])
        #expect(report.exceptions.map(\.what) == ["anna/8", "anna/7", "anna/1-6", "anna events 1-20"])
        #expect(report.exceptions.map(\.kind) == [.waiting, .explained, .explained, .explained])
    }

    @Test func ourOwnAcknowledgementIsNotAnothers() async throws {
        let world = try await World()
        _ = try await world.commit(World.event(1, .poweredOn), World.event(3, .poweredOn))
        // The process ended between the card's answer and `acknowledged`.
        try await world.ledger.note(lastEvent: 5, acknowledgedByAnyone: 3, of: world.life)
        let report = try await world.ledger.audit()
        #expect(report.exceptions.map(\.what) == ["anna event 2", "anna events 4-5"])
        #expect(report.exceptions.map(\.kind) == [.unexplained, .waiting])
        #expect(report.unexplained == 1)
    }

    @Test func whatVanishesIsSaidAndPulledWhenItComesBack() async throws {
        let world = try await World()
        _ = try await world.plan([World.entry(1)])
        _ = try await world.plan([])
        #expect(try await world.state(of: 1) == .vanished)
        #expect(try await world.ledger.audit().unexplained == 1)
        #expect(try await world.plan([World.entry(1)]) == [.pull(World.entry(1))])
        #expect(try await world.state(of: 1) == .listed)
    }

    @Test func aPartStartsOverWhenTheCardShowsAnotherDigest() async throws {
        let world = try await World()
        _ = try await world.plan([World.entry(1, size: 1000)])
        let pull = try await world.ledger.beginPull(World.entry(1, size: 1000), of: world.life)
        _ = try await world.ledger.advance(pull.id, durable: 600, proven: true, added: 600)
        #expect(try await world.ledger.beginPull(World.entry(1, size: 1000), of: world.life).durable == 600)
        let damaged = World.entry(1, size: 1000, flags: [.complete, .damaged], prefix: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try await world.plan([damaged]) == [.pull(damaged)])
        let again = try await world.ledger.beginPull(damaged, of: world.life)
        #expect(again.id == pull.id && again.durable == 0 && again.proven == 0)
        _ = try await world.ledger.advance(pull.id, durable: 600, proven: false, added: 600)
        let shorter = World.entry(1, size: 500, prefix: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try await world.ledger.beginPull(shorter, of: world.life).durable == 0)
    }

    @Test func formattingIsNamedAsTheReason() async throws {
        let world = try await World()
        try await world.store(1)
        _ = try await world.plan([World.entry(1), World.entry(2)])
        let next = CardLife(card: world.life.card, generation: Generation(serial: world.life.generation.serial, number: 7))
        #expect(try await world.ledger.open(next) == 0)
        _ = try await world.ledger.commit([World.event(1, .formatted(last: 4))], of: next, received: world.machine.now)
        #expect(try await world.state(of: 1) == .stored)
        #expect(try await world.state(of: 2) == .lostOnCard)
        let report = try await world.ledger.audit()
        #expect(report.unexplained == 0)
        #expect(report.exceptions.map(\.what) == ["anna/1", "anna/2", "anna/3-4"])
    }

    @Test func tooLargeOnesStayOnTheCardAndSayWhy() async throws {
        let world = try await World()
        #expect(try await world.plan([World.entry(1, size: Limits.recordingBytes + 1)]).isEmpty)
        #expect(try await world.ledger.recording(named: "anna/1").cause?.contains("larger") == true)
    }

    @Test func listsAreFilteredAndContinued() async throws {
        let world = try await World()
        _ = try await world.plan((1...5).map { World.entry($0) })
        let first = try await world.ledger.recordings(limit: 2)
        let rest = try await world.ledger.recordings(limit: 10, after: first.next)
        #expect((first.items + rest.items).map(\.number) == [1, 2, 3, 4, 5])
        #expect(rest.next == nil)
        let noon = TestMachine.morning.advanced(by: 180_000)
        #expect(try await world.ledger.recordings(RecordingFilter(since: noon)).items.map(\.number) == [3, 4, 5])
        #expect(try await world.ledger.recordings(RecordingFilter(until: noon)).items.map(\.number) == [1, 2])
        #expect(try await world.ledger.recordings(RecordingFilter(kinds: [.call])).items.isEmpty)
        #expect(try await world.ledger.recordings(RecordingFilter(states: [.listed, .stored])).items.count == 5)
        #expect(await code { _ = try await world.ledger.recordings(after: "nonsense") } == .invalid)
        let id = try await world.ledger.recording(named: "anna/3").id
        #expect(try await world.ledger.recording(named: id.description).number == 3)
        #expect(try await world.ledger.recording(named: "A1-0007/5b0c91aa/r3").id == id)
        #expect(await code { _ = try await world.ledger.recording(named: "rec_") } == .ambiguous)
        #expect(await code { _ = try await world.ledger.recording(named: "anna") } == .invalid)
        #expect(await code { _ = try await world.ledger.recording(named: "anna/99") } == .notFound)
    }

    @Test func listsKeepTheOrderInWhichRecordingsBecameKnown() async throws {
        let world = try await World()
        _ = try await world.plan([World.entry(2)])
        try await world.ledger.close()
        let early = WallClock(now: { TestMachine.morning.advanced(by: -3_600_000) }, isSynchronised: { true })
        let ledger = try await World.open(world.machine, wall: early)
        _ = try await ledger.plan(world.life, listed: [3, 2, 1].map { World.entry($0) }, released: [], policy: .stored)
        #expect(try await ledger.recordings().items.map(\.number) == [2, 3, 1])
    }

    @Test func whyTellsEveryStep() async throws {
        let world = try await World()
        let id = try await world.store(1)
        world.machine.advance(by: .seconds(5))
        _ = try await world.ledger.answer(id, .accepted)
        try await world.ledger.setCondition("storage_full", "No room.")
        try await world.ledger.setCondition("storage_full", "No room.")
        guard case .recording(let facts) = try await world.ledger.why("anna/1") else {
            Issue.record("anna/1 is a recording")
            return
        }
        #expect(facts.history.map(\.what) == ["listed", "pull", "stored", "release_accepted"])
        #expect(facts.history.last?.at == world.machine.now)
        #expect(facts.jobs.map(\.queue) == ["decode", "upload"])
        #expect(facts.conditions.map(\.name) == ["storage_full"])
        try await world.ledger.setCondition("storage_full", nil)
        let health = try await world.ledger.events(after: 0, EventFilter(types: ["health.*"])).items.map(\.type)
        #expect(health == ["health.storage_full", "health.storage_full_ok"])
        let status = try await world.ledger.status()
        #expect(status.recordings == [.proven: 1] && status.cards == 1 && status.conditions.isEmpty)
        #expect(status.queues.map(\.name) == ["decode", "upload"])
    }
}
