package import Drivers
package import GATT
package import Logging
package import Recordings
internal import Synchronization

/// Meets the paired cards on all adapters and serves what the API asks of them.
package final class CardRadio: RadioControl {
    /// How often to look for adapters that came, or came back.
    private static let adapterLook: Duration = .seconds(5)
    /// The most screen results that wait to be written; one card shows one at a time.
    private static let screenBacklog = 1024

    private let parts: RadioParts
    private let adapterFilter: @Sendable (AdapterInfo) -> Bool
    private let loops: LoopTable
    private let screenResults: AsyncStream<(name: String, card: CardID, result: CardActionResult)>
    private let turns = WaitableState(0)

    /// - Parameters:
    ///   - drivers: one for each profile; the first that knows an advertisement gets the card.
    ///   - clock: boot time for all waits.
    ///   - adapters: which of the host's adapters to use.
    package init(
        central: any Central, drivers: [any CardDriver], registry: any CardRegistry, clock: any Clock<Duration>, wallClock: WallClock,
        activity: ActivityFeed, logger: Logger, allowSharedTransfer: Bool, adapters: @escaping @Sendable (AdapterInfo) -> Bool = { _ in true }
    ) {
        let loops = LoopTable()
        let (stream, continuation) = AsyncStream.makeStream(
            of: (name: String, card: CardID, result: CardActionResult).self, bufferingPolicy: .bufferingNewest(Self.screenBacklog))
        self.loops = loops
        screenResults = stream
        adapterFilter = adapters
        parts = RadioParts(
            central: central, drivers: drivers, registry: registry, clock: clock, wallClock: wallClock, activity: activity, logger: logger,
            allowSharedTransfer: allowSharedTransfer, screens: continuation, adopted: { card, loop in loops.assign(card.id, to: loop) })
    }

    /// Runs until cancelled; throws when the host's Bluetooth service is gone for good.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.recordScreens() }
            group.addTask { try await self.parts.desk.keepWindows(clock: self.parts.clock) }
            while true {
                try Task.checkCancellation()
                turns.change { $0 += 1 }
                for adapter in try await parts.central.adapters() where adapter.isPowered && adapterFilter(adapter) {
                    guard !loops.has(adapter.address) else { continue }
                    let loop = AdapterLoop(adapter: adapter, shared: parts)
                    loops.add(loop)
                    for card in try await parts.registry.pairedCards() where card.adapter == adapter.address {
                        loop.add(card)
                        loops.assign(card.id, to: loop)
                    }
                    group.addTask { try await self.live(loop) }
                }
                try await parts.clock.sleep(for: Self.adapterLook)
            }
        }
    }

    /// Returns when the loop that looks for adapters has turned, some seconds from now.
    package func turn() async throws {
        let seen = turns.read { $0 }
        try await turns.when { $0 > seen ? () : nil }
    }

    /// One adapter's loop until the adapter is gone.
    private func live(_ loop: AdapterLoop) async throws {
        defer { loops.remove(loop) }
        parts.logger.info("Adapter in use", metadata: ["adapter": "\(loop.adapter.address)"])
        do {
            try await loop.run()
        } catch let error as GATTError where error.code != .hostUnavailable {
            parts.logger.warning("Adapter given up for now", metadata: ["adapter": "\(loop.adapter.address)", "reason": "\(error)"])
            parts.publish(.adapter(state: "gone: \(error)"), of: nil)
        }
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
                lastEnd: entry.lastEnd)
        }
        return RadioStatus(adapters: all.map(\.0), cards: cards.sorted { $0.card < $1.card })
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

    package func startPairing(_ request: PairingRequest) async throws -> PairingID {
        guard !loops.all.isEmpty else { throw RadioError.noAdapter }
        let id = try parts.desk.open(request, at: parts.wallClock.now())
        for loop in loops.all { loop.pairingOpened() }
        return id
    }

    package func pairingEvents(_ pairing: PairingID) async throws -> AsyncStream<PairingEvent> {
        try parts.desk.events(of: pairing)
    }

    package func answer(_ pairing: PairingID, _ answer: PairingAnswer) async throws {
        try parts.desk.answer(answer, of: pairing)
    }

    package func cancelPairing(_ pairing: PairingID) async {
        parts.desk.publish(.failed(reason: "Cancelled.", fix: "Start again when you are ready."), of: pairing)
    }

    package func forget(_ card: CardID) async throws {
        guard let loop = loops.loop(of: card), let entry = loop.status.1.first(where: { $0.card.id == card }) else { throw RadioError.unknownCard }
        loop.remove(card)
        loops.unassign(card)
        parts.agendas.agenda(of: card).askToYield()
        try await parts.central.forget(entry.card.peer, on: entry.card.adapter)
    }
}

extension Duration {
    /// Whole milliseconds from this to a later duration.
    fileprivate func distance(to later: Duration) -> Int64 {
        let (seconds, attoseconds) = (later - self).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

/// The adapters' loops, and which of them has which card.
private final class LoopTable: Sendable {
    private struct State {
        var loops: [DeviceAddress: AdapterLoop] = [:]
        var cards: [CardID: AdapterLoop] = [:]
    }

    private let state = Mutex(State())

    var all: [AdapterLoop] { state.withLock { $0.loops.values.sorted { $0.adapter.name < $1.adapter.name } } }
    func has(_ adapter: DeviceAddress) -> Bool { state.withLock { $0.loops[adapter] != nil } }
    func add(_ loop: AdapterLoop) { state.withLock { $0.loops[loop.adapter.address] = loop } }

    func remove(_ loop: AdapterLoop) {
        state.withLock { state in
            state.loops[loop.adapter.address] = nil
            state.cards = state.cards.filter { $0.value !== loop }
        }
    }

    func assign(_ card: CardID, to loop: AdapterLoop) { state.withLock { $0.cards[card] = loop } }
    func unassign(_ card: CardID) { state.withLock { $0.cards[card] = nil } }
    func loop(of card: CardID) -> AdapterLoop? { state.withLock { $0.cards[card] } }
}
