import Ledger
import Recordings
import TestSupport
import Testing

/// More than one copy of a number: refused, disputed, given out again, released by another gateway.
@Suite struct SecondCopyTests {
    typealias World = LedgerWorld

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
        try await world.dispute(1, policy: .delivered)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.held, .held])
        for _ in 0..<2 { #expect(try await world.plan([World.entry(1)], policy: .delivered).isEmpty, "RELEASE waits for the delivery") }
        #expect(try await world.state(of: 1) == .stored)
        #expect(try await world.ledger.jobs().items.map(\.state) == [.ready, .ready], "which needs its job")
        let types = try await world.ledger.events(after: 0, EventFilter(card: world.life.card)).items.map(\.type)
        #expect(types.filter { $0 == "recording.stored" }.count == 1)
    }

    @Test func aDisputedCopyThatAnotherGatewayReleasedIsRight() async throws {
        let world = try await World()
        try await world.dispute(1, policy: .stored)
        let released = World.entry(1, flags: [.complete, .released])
        #expect(try await world.plan([], released: [released]) == [.release(number: 1, digest: World.digest(1), size: 100)])
        #expect(try await world.state(of: 1) == .stored)
    }

    /// A block went bad behind the first pull, which the card refuses; the copy with that digest is whole here, too.
    private func whatIsPulledBehindABadBlock(in world: World) async throws -> RecordingID {
        #expect(try await world.ledger.answer(try await world.store(1), .digestDiffers) == .pullAgain)
        let damaged = World.entry(1, prefix: World.digest(2).prefix)
        #expect(try await world.plan([damaged]) == [.pull(damaged)])
        let second = try await world.pull(damaged, digest: World.digest(2), verdict: .keep)
        _ = try await world.ledger.store(second, sha256: World.digest(2), size: 100, disputed: false, policy: .stored)
        return second
    }

    /// The copy that was pulled behind a bad block is what another gateway released.
    @Test func theCopyBesideThatAnotherGatewayReleasedIsTheRecording() async throws {
        let world = try await World()
        let second = try await whatIsPulledBehindABadBlock(in: world)
        let released = World.entry(1, flags: [.complete, .released], prefix: World.digest(2).prefix)
        #expect(try await world.plan([], released: [released]) == [.release(number: 1, digest: World.digest(2), size: 100)])
        #expect(try await world.ledger.answer(second, .accepted) == .done)
        #expect(try await world.ledger.recording(named: "anna/1").id == second)
        #expect(try await world.state(of: 1) == .proven)
    }

    /// The card's user deleted it before the card had answered: the card is asked of what it had last, not of what it refused.
    @Test func theCopyBesideOfWhatIsListedNoMoreIsOfferedFirst() async throws {
        let world = try await World()
        let second = try await whatIsPulledBehindABadBlock(in: world)
        #expect(try await world.ledger.answer(second, .refused(result: 9)) == .done)
        #expect(try await world.plan([]) == [.release(number: 1, digest: World.digest(2), size: 100)])
        #expect(try await world.ledger.answer(second, .gone) == .done)
        let current = try await world.ledger.recording(named: "anna/1")
        #expect(current.id == second && current.state == .proven)
        #expect(try await world.claim("decode").recording?.id == second)
        #expect(try await world.ledger.jobs(state: .held).items.isEmpty)
    }

    /// A block went bad between the list and the pull: the next list fits, so one refusal by the card is the first, not the second.
    @Test func whatAnOlderListDidNotFitIsNoRefusal() async throws {
        let world = try await World()
        let damaged = World.entry(1, prefix: World.digest(2).prefix)
        #expect(try await world.plan([World.entry(1)]) == [.pull(World.entry(1))])
        _ = try await world.pull(World.entry(1), digest: World.digest(2), verdict: .resume(at: 0))
        #expect(try await world.plan([damaged]) == [.pull(damaged)])
        let id = try await world.pull(damaged, digest: World.digest(2), verdict: .keep)
        _ = try await world.ledger.store(id, sha256: World.digest(2), size: 100, disputed: false, policy: .stored)
        #expect(try await world.ledger.answer(id, .digestDiffers) == .pullAgain)
        _ = try await world.pull(damaged, digest: World.digest(2), verdict: .same(as: id))
        #expect(try await world.plan([damaged]) == [.release(number: 1, digest: World.digest(2), size: 100)])
        #expect(try await world.ledger.answer(id, .accepted) == .done)
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
}
