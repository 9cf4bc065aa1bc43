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

    /// A faulty card gives the number of a proven recording to another: each keeps its own time and length.
    @Test func aNumberThatIsGivenOutAgainIsAnotherRecording() async throws {
        let world = try await World()
        let id = try await world.store(1)
        _ = try await world.ledger.answer(id, .accepted)
        let before = try await world.ledger.recording(id)
        let later = CardTime(.utc(TestMachine.morning.advanced(by: 86_400_000)), boot: 4)
        #expect(try await world.plan([World.entry(1, flags: .inProgress, started: later)]).isEmpty)
        let other = World.entry(1, size: 70, started: later, prefix: World.digest(9).prefix)
        #expect(try await world.plan([other]) == [.pull(other)])
        let copy = try await world.ledger.beginPull(other, of: world.life)
        #expect(try await world.ledger.judge(copy.id, sha256: World.digest(9), size: 70) == .keep)
        #expect(try await world.ledger.store(copy.id, sha256: World.digest(9), size: 70, disputed: false, policy: .stored))
        // The card may be formatted before it answers.
        #expect(try await world.claim("decode").recording?.id == id)
        #expect(try await world.claim("decode").recording?.id == copy.id)
        _ = try await world.ledger.answer(copy.id, .accepted)
        let after = try await world.ledger.recording(id)
        #expect((after.started, after.size, after.sha256, after.state) == (before.started, before.size, before.sha256, .proven))
        let second = try await world.ledger.recording(copy.id)
        #expect(second.state == .proven && second.started == TestMachine.morning.advanced(by: 86_400_000) && second.size == 70)
    }

    /// Its list lies, too: what two pulls agree on is kept once, however often the card is met, until the list says something else.
    @Test func aLieAboutANumberThatWasGivenOutAgainIsDisputedOnce() async throws {
        let world = try await World()
        _ = try await world.ledger.answer(try await world.store(1), .accepted)
        func lie(_ prefix: UInt32) -> ListedRecording { World.entry(1, size: 70, prefix: World.digest(prefix).prefix) }
        #expect(try await world.plan([lie(8)]) == [.pull(lie(8))])
        let copy = try await world.pull(lie(8), digest: World.digest(9), verdict: .resume(at: 0))
        #expect(try await world.pull(lie(8), digest: World.digest(9), verdict: .keepDisputed) == copy)
        _ = try await world.ledger.store(copy, sha256: World.digest(9), size: 70, disputed: true, policy: .stored)
        for _ in 0..<2 { #expect(try await world.plan([lie(8)]).isEmpty) }
        // Another lie: one more pull shows that it is one.
        #expect(try await world.plan([lie(7)]) == [.pull(lie(7))])
        _ = try await world.pull(lie(7), digest: World.digest(9), verdict: .known)
        for _ in 0..<2 { #expect(try await world.plan([lie(7)]).isEmpty) }
        let first = try await world.ledger.recording(named: "anna/1")
        #expect(first.state == .proven && first.others == [copy])
        #expect(try await world.plan([lie(9)]) == [.release(number: 1, digest: World.digest(9), size: 70)], "the truth at last")
        _ = try await world.ledger.answer(copy, .accepted)
        #expect(try await world.ledger.recording(copy).state == .proven)
    }

    /// It refuses the digest, and then its list lies: the second pull shows that nothing was wrong here.
    @Test func whatIsHereAlreadyIsNotKeptTwice() async throws {
        let world = try await World()
        let id = try await world.store(1)
        #expect(try await world.ledger.answer(id, .digestDiffers) == .pullAgain)
        let lie = World.entry(1, prefix: World.digest(8).prefix)
        #expect(try await world.plan([lie]) == [.pull(lie)])
        _ = try await world.pull(lie, digest: World.digest(1), verdict: .known)
        #expect(try await world.state(of: 1) == .disputed)
        #expect(try await world.plan([lie]).isEmpty)
        #expect(try await world.ledger.recording(named: "anna/1").others.isEmpty)
        #expect(try await world.plan([World.entry(1)]) == [.release(number: 1, digest: World.digest(1), size: 100)], "the truth at last")
        _ = try await world.ledger.answer(id, .accepted)
        #expect(try await world.state(of: 1) == .proven)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.ready, .ready])
    }

    /// What the card says of the second recording is nothing against the first, which it accepted.
    @Test func aRefusalOfANumberThatWasGivenOutAgainLeavesTheFirstProven() async throws {
        let world = try await World()
        _ = try await world.ledger.answer(try await world.store(1), .accepted)
        let other = World.entry(1, size: 70, prefix: World.digest(9).prefix)
        _ = try await world.plan([other])
        let copy = try await world.pull(other, digest: World.digest(9), verdict: .keep)
        _ = try await world.ledger.store(copy, sha256: World.digest(9), size: 70, disputed: false, policy: .stored)
        #expect(try await world.ledger.answer(copy, .digestDiffers) == .pullAgain)
        #expect(try await world.ledger.recording(copy).state == .contested)
        let release = CustodyStep.release(number: 1, digest: World.digest(9), size: 70)
        let released = World.entry(1, size: 70, flags: [.complete, .released], prefix: World.digest(9).prefix)
        #expect(try await world.plan([], released: [released]) == [release], "the card's next answer was lost")
        #expect(try await world.plan([]) == [release])
        #expect(try await world.plan([other]) == [.pull(other)])
        _ = try await world.pull(other, digest: World.digest(9), verdict: .same(as: copy))
        #expect(try await world.plan([other]) == [release])
        #expect(try await world.ledger.answer(copy, .digestDiffers) == .done)
        #expect(try await world.ledger.recording(copy).state == .disputed)
        #expect(try await world.state(of: 1) == .proven)
        #expect(try await world.plan([other]).isEmpty)
    }

    @Test func pullsOfANumberThatWasGivenOutAgainAreGivenUpWithoutTheFirst() async throws {
        let world = try await World()
        _ = try await world.ledger.answer(try await world.store(1), .accepted)
        let lie = World.entry(1, size: 70, prefix: World.digest(8).prefix)
        for pull in 1...UInt32(Limits.differingPulls) {
            #expect(try await world.plan([lie]) == [.pull(lie)])
            _ = try await world.pull(lie, digest: World.digest(20 + pull), verdict: pull == 1 ? .resume(at: 0) : .setAside)
            world.machine.advance(by: .seconds(4000))
        }
        #expect(try await world.plan([lie]).isEmpty)
        #expect(try await world.state(of: 1) == .proven)
        let changed = World.entry(1, size: 70, prefix: World.digest(9).prefix)
        #expect(try await world.plan([changed]) == [.pull(changed)])
        _ = try await world.pull(changed, digest: World.digest(9), verdict: .keep)
        #expect(try await world.ledger.recording(named: "anna/1").others.count == 1)
    }

    @Test func aDisputeThatTheListSettlesIsARecordingLikeOthers() async throws {
        let world = try await World()
        let lie = World.entry(1, prefix: World.digest(9).prefix)
        _ = try await world.plan([lie])
        for _ in 1...2 {
            let part = try await world.ledger.beginPull(lie, of: world.life)
            _ = try await world.ledger.advance(part.id, durable: 100, proven: true, added: 100)
            _ = try await world.ledger.judge(part.id, sha256: World.digest(1), size: 100)
        }
        let id = try await world.ledger.recording(named: "anna/1").id
        _ = try await world.ledger.store(id, sha256: World.digest(1), size: 100, disputed: true, policy: .delivered)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.held, .held])
        for _ in 0..<2 { #expect(try await world.plan([World.entry(1)], policy: .delivered).isEmpty, "RELEASE waits for the delivery") }
        #expect(try await world.state(of: 1) == .stored)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.ready, .ready], "which needs its job")
        let types = try await world.ledger.events(after: 0, EventFilter(card: world.life.card)).items.map(\.type)
        #expect(types.filter { $0 == "recording.stored" }.count == 1)
    }

    @Test func aDisputedCopyThatAnotherGatewayReleasedIsRight() async throws {
        let world = try await World()
        let lie = World.entry(1, prefix: World.digest(9).prefix)
        _ = try await world.plan([lie])
        for _ in 1...2 {
            let part = try await world.ledger.beginPull(lie, of: world.life)
            _ = try await world.ledger.advance(part.id, durable: 100, proven: true, added: 100)
            _ = try await world.ledger.judge(part.id, sha256: World.digest(1), size: 100)
        }
        let id = try await world.ledger.recording(named: "anna/1").id
        _ = try await world.ledger.store(id, sha256: World.digest(1), size: 100, disputed: true, policy: .stored)
        let released = World.entry(1, flags: [.complete, .released])
        #expect(try await world.plan([], released: [released]) == [.release(number: 1, digest: World.digest(1), size: 100)])
        #expect(try await world.state(of: 1) == .stored)
    }

    /// A block went bad behind the first pull; the copy that was pulled then is what another gateway released.
    @Test func theCopyBesideThatAnotherGatewayReleasedIsTheRecording() async throws {
        let world = try await World()
        let first = try await world.store(1)
        #expect(try await world.ledger.answer(first, .digestDiffers) == .pullAgain)
        let damaged = World.entry(1, prefix: World.digest(2).prefix)
        #expect(try await world.plan([damaged]) == [.pull(damaged)])
        let second = try await world.pull(damaged, digest: World.digest(2), verdict: .keep)
        _ = try await world.ledger.store(second, sha256: World.digest(2), size: 100, disputed: false, policy: .stored)
        let released = World.entry(1, flags: [.complete, .released], prefix: World.digest(2).prefix)
        #expect(try await world.plan([], released: [released]) == [.release(number: 1, digest: World.digest(2), size: 100)])
        #expect(try await world.ledger.answer(second, .accepted) == .done)
        #expect(try await world.ledger.recording(named: "anna/1").id == second)
        #expect(try await world.state(of: 1) == .proven)
    }

    /// A block went bad behind the first pull, and another gateway took what became of it before the second one had ended here.
    @Test func whatTheCardRefusesOnceAnotherGatewayReleasedItIsDisputed() async throws {
        let world = try await World()
        let first = try await world.store(1)
        #expect(try await world.ledger.answer(first, .digestDiffers) == .pullAgain)
        let beside = try await world.ledger.beginPull(World.entry(1), of: world.life).id
        let released = World.entry(1, flags: [.complete, .released], prefix: World.digest(2).prefix)
        #expect(try await world.plan([], released: [released]) == [.release(number: 1, digest: World.digest(1), size: 100)])
        #expect(try await world.ledger.answer(first, .digestDiffers) == .done)
        let current = try await world.ledger.recording(named: "anna/1")
        #expect(current.id == first && current.state == .disputed && current.cause?.contains("Another gateway") == true)
        #expect(try await world.ledger.recording(beside).state == .releasedElsewhere)
        #expect(try await world.plan([], released: [released]).isEmpty, "there is nothing more to ask")
    }

    /// Another gateway was faster with the second pull: of the one that was begun here nothing more comes.
    @Test func whatIsGoneUnacceptedIsDisputedAndEndsThePullBeside() async throws {
        for (acknowledged, state) in [(UInt32(0), RecordingState.vanished), (20, .releasedElsewhere)] {
            let world = try await World()
            try await world.ledger.note(lastEvent: 20, acknowledgedByAnyone: acknowledged, of: world.life)
            let first = try await world.store(1)
            #expect(try await world.ledger.answer(first, .digestDiffers) == .pullAgain)
            let beside = try await world.ledger.beginPull(World.entry(1), of: world.life).id
            #expect(try await world.ledger.answer(first, .gone) == .done)
            let current = try await world.ledger.recording(named: "anna/1")
            #expect(current.id == first && current.state == .disputed)
            #expect(current.cause?.contains("another gateway") == (acknowledged > 0))
            #expect(try await world.ledger.recording(beside).state == state)
        }
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

    @Test func aDisputeIsOpenedAgainWhenTheListMendsItsSize() async throws {
        let world = try await World()
        let short = World.entry(1, size: 90)
        _ = try await world.plan([short])
        for pull in 1...2 {
            let part = try await world.ledger.beginPull(short, of: world.life)
            _ = try await world.ledger.advance(part.id, durable: 90, proven: true, added: 90)
            let verdict = try await world.ledger.judge(part.id, sha256: World.digest(7), size: 90)
            #expect(verdict == (pull == 1 ? .resume(at: 0) : .keepDisputed))
        }
        let id = try await world.ledger.recording(named: "anna/1").id
        _ = try await world.ledger.store(id, sha256: World.digest(7), size: 90, disputed: true, policy: .stored)
        #expect(try await world.plan([short]).isEmpty)
        #expect(try await world.plan([World.entry(1)]) == [.pull(World.entry(1))])
        #expect(try await world.state(of: 1) == .contested)
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
