package import Drivers
package import GATT
package import Logging
package import Recordings
internal import Synchronization

/// Meets the paired cards on all adapters and serves what the API asks of them.
package final class CardRadio: RadioControl {
    /// The most screen results that wait to be written; one card shows one at a time.
    private static let screenBacklog = 1024
    /// While every adapter runs the look for more may wait so much longer for others who wake.
    private static let lookTolerance: Duration = .seconds(5)

    private let parts: RadioParts
    private let adapterFilter: @Sendable (AdapterInfo) -> Bool
    private let loops: LoopTable
    /// Why the host cannot be used now.
    private let hostTrouble = Mutex<GATTError?>(nil)
    private let screenResults: AsyncStream<(name: String, card: CardID, result: CardActionResult)>
    private let turns = WaitableState(0)
    private let turnWanted = Doorbell()

    /// - Parameters:
    ///   - drivers: one for each profile; the first that knows an advertisement gets the card.
    ///   - clock: boot time for all waits.
    ///   - adapters: which of the host's adapters to use. One that is off is switched on.
    package init(
        central: any Central, drivers: [any CardDriver], registry: any CardRegistry, clock: any Clock<Duration>, wallClock: WallClock,
        activity: ActivityFeed, logger: Logger, allowSharedTransfer: Bool, times: RadioTimes = RadioTimes(),
        adapters: @escaping @Sendable (AdapterInfo) -> Bool = { _ in true }
    ) {
        let loops = LoopTable()
        let (stream, continuation) = AsyncStream.makeStream(
            of: (name: String, card: CardID, result: CardActionResult).self, bufferingPolicy: .bufferingNewest(Self.screenBacklog))
        self.loops = loops
        screenResults = stream
        adapterFilter = adapters
        parts = RadioParts(
            central: central, drivers: drivers, registry: registry, clock: clock, wallClock: wallClock, activity: activity, logger: logger,
            allowSharedTransfer: allowSharedTransfer, times: times, screens: continuation,
            // Weakly: the loops hold these parts.
            adopted: { [weak loops] card, loop in loops?.assign(card.id, to: loop) })
    }

    /// Runs until cancelled. Adapters and the host may come and go meanwhile.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.recordScreens() }
            group.addTask { try await self.parts.desk.keepWindows(clock: self.parts.clock) }
            while true {
                try Task.checkCancellation()
                turns.change { $0 += 1 }
                for (loop, adapter) in try await adaptersToUse() { group.addTask { try await self.live(loop, as: adapter) } }
                let (pause, tolerance) = loops.areAllRunning ? (parts.times.quietAdapterLook, Self.lookTolerance) : (parts.times.adapterLook, nil)
                _ = try await withDeadline(pause, tolerance: tolerance, clock: parts.clock) { await self.turnWanted.wait() }
            }
        }
    }

    /// Returns when the loop that looks for adapters has turned, and each adapter's loop has, or is in the middle of a step that may take longer.
    package func turn() async throws {
        let seen = turns.read { $0 }
        turnWanted.ring()
        try await turns.when { $0 > seen ? () : nil }
        for loop in loops.running { try await loop.turn() }
    }

    /// The adapters that came, or came back, since it was last asked.
    private func adaptersToUse() async throws -> [(AdapterLoop, AdapterInfo)] {
        do {
            let there = try await parts.central.adapters()
            hostTrouble.withLock { $0 = nil }
            var new: [(AdapterLoop, AdapterInfo)] = []
            for adapter in there where adapterFilter(adapter) && !loops.isRunning(adapter.address) {
                let (loop, isNew) = loops.loop(for: adapter, parts)
                // Once for each: a disk that stalls must not keep the radio from turning.
                if isNew {
                    for card in try await parts.registry.pairedCards() where card.adapter == adapter.address {
                        loop.add(card)
                        loops.assign(card.id, to: loop)
                    }
                }
                loops.started(loop)
                new.append((loop, adapter))
            }
            return new
        } catch let error as GATTError {
            let isNews = hostTrouble.withLock { trouble in
                defer { trouble = error }
                return trouble != error
            }
            if isNews {
                parts.logger.warning("No Bluetooth for now", metadata: ["reason": "\(error)"])
                parts.publish(.adapter(state: "gone: \(error)"), of: nil)
            }
            return []
        }
    }

    /// One adapter's loop until the adapter is gone. One that is off is switched on: the box is there to meet cards.
    private func live(_ loop: AdapterLoop, as adapter: AdapterInfo) async throws {
        defer { loops.stopped(loop) }
        do {
            if !adapter.isPowered { try await parts.central.setPower(true, of: adapter.address) }
            parts.logger.info("Adapter in use", metadata: ["adapter": "\(loop.address)", "name": "\(adapter.name)"])
            loop.begin(as: adapter)
            try await loop.run()
        } catch let error as GATTError {
            isAbsent(loop, error)
        }
    }

    private func isAbsent(_ loop: AdapterLoop, _ reason: GATTError) {
        guard loop.isAbsent(reason) else { return }
        parts.logger.warning("Adapter given up for now", metadata: ["adapter": "\(loop.address)", "reason": "\(reason)"])
        parts.publish(.adapter(state: "gone: \(reason)"), of: nil)
    }

    private func recordScreens() async throws {
        for await (name, card, result) in screenResults {
            do {
                try await parts.registry.screenEnded(name, result: result)
            } catch {
                parts.logger.error("A screen's result was not written", metadata: ["card": "\(card)", "reason": "\(error)"])
            }
            parts.agendas.unclaim(screen: name)
        }
    }

    // MARK: - RadioControl

    package func status() async -> RadioStatus {
        let all = loops.all.map(\.status)
        let cards = all.flatMap(\.1).map { entry in
            RadioStatus.Card(
                card: entry.card.id, presence: entry.isLinked ? "linked" : entry.heard != nil ? "near" : "away",
                lastHeard: entry.heard.map { parts.wallClock.now().advanced(by: -($0.distance(to: parts.elapsed()))) }, rssi: entry.rssi,
                lastEnd: entry.lastEnd, batteryIsLow: entry.batteryIsLow)
        }
        let trouble = hostTrouble.withLock { $0?.description }
        return RadioStatus(adapters: all.map(\.0), cards: cards.sorted { $0.card < $1.card }, trouble: trouble)
    }

    package func perform(_ action: CardAction, on card: CardID, within: Duration) async throws -> CardActionResult? {
        guard let loop = loops.loop(of: card) else { throw RadioError.unknownCard }
        let agenda = parts.agendas.agenda(of: card)
        let (answers, continuation) = AsyncStream.makeStream(of: CardActionResult.self, bufferingPolicy: .bufferingOldest(1))
        let added = agenda.add(action) { result in
            continuation.yield(result)
            continuation.finish()
        }
        guard let added else { throw RadioError.agendaFull }
        defer {
            agenda.remove(added)
            loop.actionsChanged(for: card)
        }
        loop.actionsChanged(for: card)
        return try await withDeadline(within, clock: parts.clock) {
            for await answer in answers { return answer }
            throw CancellationError()
        }
    }

    package func screenWaits(for card: CardID) async {
        guard let loop = loops.loop(of: card) else { return }
        do {
            try await parts.queueScreens(for: card)
        } catch {
            parts.logger.error("Waiting screens could not be read", metadata: ["card": "\(card)", "reason": "\(error)"])
        }
        loop.actionsChanged(for: card)
    }

    /// Something on this side changed what may be done with the card's recordings, such as a delivery that lets them be released: the card
    /// is met as soon as it is heard, or its session lists them again. Returns at once.
    package func looksAgain(at card: CardID) {
        guard let loop = loops.loop(of: card) else { return }
        parts.agendas.agenda(of: card).askToLook()
        loop.looksAgain(at: card)
    }

    package func startPairing(_ request: PairingRequest) async throws -> PairingID {
        guard loops.isAnyRunning else { throw RadioError.noAdapter }
        let id = try parts.desk.open(request, at: parts.wallClock.now())
        parts.pairingTurn.open(favourite: loops.running.min { $0.cards < $1.cards }?.address, at: parts.elapsed())
        for loop in loops.all { loop.pairingOpened() }
        return id
    }

    package func pairingEvents(_ pairing: PairingID) async throws -> AsyncStream<PairingEvent> {
        try parts.desk.events(of: pairing)
    }

    package func choose(_ pairing: PairingID, device: String) async throws {
        try parts.desk.choose(device, of: pairing)
        for loop in loops.all { loop.pairingOpened() }
    }

    package func answer(_ pairing: PairingID, _ answer: PairingAnswer) async throws {
        try parts.desk.answer(answer, of: pairing)
    }

    package func cancelPairing(_ pairing: PairingID) async {
        parts.desk.close(pairing, .failed(reason: "Cancelled.", fix: "Start again when you are ready."))
        await parts.desk.untilUndone(pairing, clock: parts.clock)
    }

    package func forget(_ card: CardID) async throws {
        guard let loop = loops.loop(of: card), let entry = loop.status.1.first(where: { $0.card.id == card }) else { throw RadioError.unknownCard }
        loop.remove(card)
        loops.unassign(card)
        parts.agendas.agenda(of: card).askToYield()
        do {
            try await parts.central.forget(entry.card.peer, on: entry.card.adapter)
        } catch {
            // Its bond is still there: so is the card.
            loop.add(entry.card)
            loops.assign(card, to: loop)
            throw error
        }
    }
}

extension Duration {
    /// Whole milliseconds from this to a later duration.
    fileprivate func distance(to later: Duration) -> Int64 {
        let (seconds, attoseconds) = (later - self).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

/// The adapters' loops, which of them run, and which of them has which card. An adapter that is gone keeps its loop.
private final class LoopTable: Sendable {
    private struct State {
        var loops: [DeviceAddress: AdapterLoop] = [:]
        var running: Set<DeviceAddress> = []
        var cards: [CardID: AdapterLoop] = [:]
    }

    private let state = Mutex(State())

    var all: [AdapterLoop] { state.withLock { $0.loops.values.sorted { $0.address.bits < $1.address.bits } } }
    var areAllRunning: Bool { state.withLock { !$0.loops.isEmpty && $0.loops.count == $0.running.count } }
    var running: [AdapterLoop] { all.filter { isRunning($0.address) } }
    var isAnyRunning: Bool { state.withLock { !$0.running.isEmpty } }
    func isRunning(_ adapter: DeviceAddress) -> Bool { state.withLock { $0.running.contains(adapter) } }
    func started(_ loop: AdapterLoop) { state.withLock { _ = $0.running.insert(loop.address) } }
    func stopped(_ loop: AdapterLoop) { state.withLock { _ = $0.running.remove(loop.address) } }

    /// The loop of this adapter, made when there was none.
    func loop(for adapter: AdapterInfo, _ parts: RadioParts) -> (loop: AdapterLoop, isNew: Bool) {
        state.withLock { state in
            if let loop = state.loops[adapter.address] { return (loop, false) }
            let loop = AdapterLoop(adapter: adapter, shared: parts)
            state.loops[adapter.address] = loop
            return (loop, true)
        }
    }

    func assign(_ card: CardID, to loop: AdapterLoop) { state.withLock { $0.cards[card] = loop } }
    func unassign(_ card: CardID) { state.withLock { $0.cards[card] = nil } }
    func loop(of card: CardID) -> AdapterLoop? { state.withLock { $0.cards[card] } }
}
