import Bytes
import Ledger
import Recordings
import TestSupport
import Testing

/// Long polls: woken by a commit, by time, by cancellation; never by polling.
@Suite(.timeLimit(.minutes(10))) struct WaitingTests {
    /// Returns once somebody waits in the ledger.
    private func someoneWaits(in world: LedgerWorld) async {
        while world.ledger.signals.waiting == 0 { await Task.yield() }
    }

    @Test func aWaitingWorkerGetsTheJobOfALaterCommit() async throws {
        let world = try await LedgerWorld()
        async let claimed = world.ledger.claim("decode", max: 1, for: .seconds(60), worker: ForeignText("w"), waitingUpTo: .seconds(60))
        await someoneWaits(in: world)
        let id = try await world.store(1)
        #expect(try await claimed.map(\.job.recording) == [id])
        #expect(world.ledger.signals.waiting == 0)
    }

    @Test func aWaitingWorkerGetsAJobWhoseBackOffEnds() async throws {
        let world = try await LedgerWorld()
        try await world.store(1)
        let job = try await world.claim("decode")
        _ = try await world.ledger.fail(job.job.id, token: job.token, reason: ForeignText("x"), retry: true)
        async let claimed = world.ledger.claim("decode", max: 1, for: .seconds(60), worker: ForeignText("w"), waitingUpTo: .seconds(60))
        await someoneWaits(in: world)
        world.machine.advance(by: .seconds(10))
        #expect(try await claimed.map(\.job.id) == [job.job.id])
    }

    @Test func aWaitEndsEmptyAtItsTime() async throws {
        let world = try await LedgerWorld()
        async let claimed = world.ledger.claim("decode", max: 1, for: .seconds(60), worker: ForeignText("w"), waitingUpTo: .seconds(60))
        await someoneWaits(in: world)
        world.machine.advance(by: .seconds(60))
        #expect(try await claimed.isEmpty)
    }

    @Test func aCancelledWaitEndsAndLeasesNothing() async throws {
        let world = try await LedgerWorld()
        let waiting = Task {
            try await world.ledger.claim("decode", max: 1, for: .seconds(60), worker: ForeignText("w"), waitingUpTo: .seconds(60))
        }
        await someoneWaits(in: world)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(world.ledger.signals.waiting == 0)
        try await world.store(1)
        #expect(try await world.claim("decode").job.attempt == 1)
    }

    @Test func theFeedWakesItsReadersForTheirTypes() async throws {
        let world = try await LedgerWorld()
        let before = try await world.ledger.status().lastEvent
        async let page = world.ledger.events(after: before, EventFilter(types: ["button.*"]), waitingUpTo: .seconds(60))
        await someoneWaits(in: world)
        _ = try await world.commit(LedgerWorld.event(1, .poweredOn))
        await someoneWaits(in: world)
        _ = try await world.commit(LedgerWorld.event(2, .button(.side, .double, recording: nil, offset: 0)))
        #expect(try await page.items.map(\.number) == [2])
        #expect(try await page.items.first?.data.description == #"{"button":"side","gesture":"double","offset_ms":null}"#)
    }

    @Test func aSignalBeforeTheWaitIsNotLost() async throws {
        let signals = ChangeSignals()
        let mark = signals.mark(.events)
        let world = try await LedgerWorld()
        let own = world.ledger.signals.mark(.events, .recordings)
        _ = try await world.commit(LedgerWorld.event(1, .poweredOn))
        await world.ledger.signals.wait(since: own)
        let cancelled = Task { await signals.wait(since: mark) }
        cancelled.cancel()
        await cancelled.value
        #expect(signals.waiting == 0)
    }
}
