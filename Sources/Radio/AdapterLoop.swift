internal import Bytes
internal import Drivers
internal import GATT
internal import Logging
internal import Recordings
internal import Synchronization

/// Meets the cards of one adapter: listens, connects to one card at a time, lets sessions run side by side. Scanning and
/// connecting never overlap. It outlives its adapter's absence: `run` runs again when the adapter is back.
final class AdapterLoop: Sendable {
    struct State {
        /// What the adapter is called today.
        var info: AdapterInfo
        var plan = MeetingPlan()
        var health: AdapterHealth
        var busy = Busy.no
        var isScanning = false
        /// Nobody listens until then, unless something is expected.
        var restsUntil: Duration = .zero
        /// Attempts, sessions and pairings under way.
        var running = 0
        /// Why the adapter cannot be used now; nil while it is used.
        var absence: GATTError?
        /// Devices in pairing mode that were heard in this listening.
        var pairable: [DeviceAddress: (name: ForeignText?, driver: Int)] = [:]
        /// Rises when a session ends: listening starts afresh, since an adapter reports an unchanged advertisement once.
        var endings = 0
        /// Which driver knew the card's advertisement.
        var drivers: [CardID: Int] = [:]

        /// The attempt on this card is over: its link stands, or will not.
        mutating func attemptIsOver(on card: CardID) {
            if busy == .connecting(card) { busy = .no }
        }
    }

    /// What has the adapter to itself: one attempt to connect, or one pairing.
    enum Busy: Equatable {
        case no
        case connecting(CardID)
        case pairing
        case recovering
    }

    private enum Step {
        case wait
        case leave(GATTError)
        case recover(AdapterHealth.Remedy)
        case meet(PairedCard)
        case askToYield(CardID)
        case pair(PairingID, PairingRequest, DeviceAddress, driver: Int)
        case listen
        case rest(until: Duration)
    }

    let address: DeviceAddress
    let shared: RadioParts
    let state: Mutex<State>
    let bell = Doorbell()
    private let pulse = WaitableState(LoopPulse())

    init(adapter: AdapterInfo, shared: RadioParts) {
        address = adapter.address
        self.shared = shared
        state = Mutex(State(info: adapter, health: AdapterHealth(silence: shared.times.silence)))
    }

    // MARK: - What others tell it

    func add(_ card: PairedCard) {
        state.withLock { $0.plan.add(card) }
        bell.ring()
    }

    func remove(_ card: CardID) {
        state.withLock { $0.plan.remove(card) }
        bell.ring()
    }

    func actionsChanged(for card: CardID) {
        let waits = !shared.agendas.agenda(of: card).isEmpty
        state.withLock { $0.plan.actionWaits(waits, for: card, at: shared.elapsed()) }
        bell.ring()
    }

    /// The agenda asks for the card's recordings to be listed again.
    func looksAgain(at card: CardID) {
        state.withLock { $0.plan.reopen(card, at: shared.elapsed()) }
        bell.ring()
    }

    /// How many cards have their bond here.
    var cards: Int { state.withLock { $0.plan.entries.count } }

    func pairingOpened() { bell.ring() }

    var status: (RadioStatus.Adapter, [MeetingPlan.Entry]) {
        state.withLock { state in
            let name =
                switch state.busy {
                case .recovering: "recovering"
                case .connecting, .pairing: "connecting"
                case .no: state.isScanning ? "scanning" : "idle"
                }
            let absence = state.absence.map { $0.failure == .adapterGone || $0.code == .hostUnavailable ? "gone" : "off" }
            let trouble = state.absence?.description ?? state.health.trouble.map { "\($0.rawValue): \($0.advice)" }
            let adapter = RadioStatus.Adapter(
                address: address, name: state.info.name, state: absence ?? name, links: state.plan.links, trouble: trouble)
            return (adapter, Array(state.plan.entries.values))
        }
    }

    // MARK: - Its life

    /// The adapter is there, or there again, under whatever name.
    func begin(as info: AdapterInfo) {
        state.withLock { state in
            state.info = info
            state.absence = nil
            state.busy = .no
        }
    }

    /// The adapter cannot be used now.
    ///
    /// - Returns: whether that was not known yet.
    func isAbsent(_ reason: GATTError) -> Bool {
        state.withLock { state in
            defer { state.absence = reason }
            return state.absence != reason
        }
    }

    /// Runs until cancelled, or until the adapter or its host is gone: then sessions have ended for that reason.
    func run() async throws {
        try await shared.central.closeLinks(to: state.withLock { Set($0.plan.entries.values.map(\.card.peer)) }, on: address)
        defer { pulse.change { $0.isRunning = false } }
        try await withThrowingDiscardingTaskGroup { sessions in
            while true {
                try Task.checkCancellation()
                let step = nextStep()
                takes(step)
                switch step {
                case .wait: await bell.wait()
                case .leave(let reason):
                    // Their links are gone: they end by themselves, and each says why.
                    _ = try await withDeadline(shared.times.farewell, clock: shared.clock) { await self.untilNothingRuns() }
                    throw reason
                case .recover(let remedy): try await recover(remedy)
                case .meet(let card): sessions.addTask { await self.running { await self.meet(card) } }
                case .askToYield(let card): shared.agendas.agenda(of: card).askToYield()
                case .pair(let id, let request, let device, let driver):
                    sessions.addTask { await self.running { await self.pair(id, request, with: device, driver: driver) } }
                case .listen: try await listen()
                case .rest(let until):
                    _ = try await withDeadline(max(.zero, until - shared.elapsed()), clock: shared.clock) { await self.bell.wait() }
                }
            }
        }
    }

    /// Decides, and takes the adapter if the step needs it.
    private func nextStep() -> Step {
        let wish = shared.desk.wish
        return state.withLock { state in
            if let absence = state.absence { return .leave(absence) }
            guard state.busy == .no else { return .wait }
            let now = shared.elapsed()
            if let remedy = state.health.remedy(at: now, links: state.plan.links) {
                state.busy = .recovering
                return .recover(remedy)
            }
            if let wish, let (device, found) = state.pairable.filter({ wish.wants($0.key, $0.value.name) }).min(by: { $0.key.bits < $1.key.bits }),
                shared.pairingTurn.take(address, at: now)
            {
                state.busy = .pairing
                state.pairable = [:]
                return .pair(wish.id, wish.request, device, driver: found.driver)
            }
            switch state.plan.decide(at: now) {
            case .meet(let card):
                state.busy = .connecting(card.id)
                return .meet(card)
            case .askToYield(let card): return .askToYield(card)
            case .listen(let until):
                // Whom should it listen to? Without any card it still sees its adapter go.
                if wish == nil, state.plan.links > 0, state.plan.links == state.plan.entries.count { return .wait }
                guard wish == nil, now < state.restsUntil, !state.plan.isAttentive(at: now) else { return .listen }
                return .rest(until: min(state.restsUntil, until ?? state.restsUntil))
            }
        }
    }

    /// Notes that the loop turns, and how long what it does now may keep it from turning again.
    private func takes(_ step: Step) {
        switch step {
        case .wait, .meet, .askToYield, .pair, .rest: mayTake(.zero)
        case .leave: mayTake(shared.times.farewell)
        case .recover: mayTake(shared.times.probe)
        // A turn that begins attentively may become a quiet one.
        case .listen: mayTake(max(shared.times.listen, shared.times.quietListen))
        }
    }

    /// - Parameter time: of the step that begins, without what its calls to the host take; zero: the loop waits for its bell alone.
    func mayTake(_ time: Duration) {
        let end = time > .zero ? shared.elapsed() + time + shared.times.hostCalls : .zero
        pulse.change { $0.turned(stepEnds: end) }
    }

    /// Returns when the loop has turned, or is in the middle of a step whose time is not over, or does not run.
    func turn() async throws {
        let now = shared.elapsed()
        guard let seen = pulse.read({ $0.isRunning && $0.stepEnds <= now ? $0.turns : nil }) else { return }
        bell.ring()
        try await pulse.when { !$0.isRunning || $0.turns > seen ? () : nil }
    }

    /// Ends this life of the loop when the error says that the adapter or its host is gone.
    func leave(because error: GATTError) {
        guard error.code == .hostUnavailable || error.code == .adapterUnavailable else { return }
        state.withLock { if $0.absence == nil { $0.absence = error } }
        bell.ring()
    }

    private func running(_ body: () async -> Void) async {
        state.withLock { $0.running += 1 }
        await body()
        state.withLock { $0.running -= 1 }
        bell.ring()
    }

    private func untilNothingRuns() async {
        while !Task.isCancelled, state.withLock({ $0.running > 0 }) { await bell.wait() }
    }
}
