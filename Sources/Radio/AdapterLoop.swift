internal import Bytes
internal import Drivers
internal import GATT
internal import Logging
internal import Recordings
internal import Synchronization

/// Meets the cards of one adapter: listens, connects to one card at a time, lets sessions run side by side. Scanning and
/// connecting never overlap.
final class AdapterLoop: Sendable {
    /// Connecting and resolving together; what works in the field (docs/radio.md).
    private static let connectWithin: Duration = .seconds(20)
    /// Addresses are for the asking: whoever makes them up takes no more memory than this many devices.
    private static let mostPairable = 64

    private struct State {
        var plan = MeetingPlan()
        var busy = Busy.no
        var isScanning = false
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
    private enum Busy: Equatable {
        case no
        case connecting(CardID)
        case pairing
    }

    private enum Step {
        case wait
        case meet(PairedCard)
        case askToYield(CardID)
        case pair(PairingID, PairingRequest, DeviceAddress, driver: Int)
        case listen(until: Duration?)
    }

    let adapter: AdapterInfo
    private let shared: RadioParts
    private let state = Mutex(State())
    private let bell = Doorbell()

    init(adapter: AdapterInfo, shared: RadioParts) {
        self.adapter = adapter
        self.shared = shared
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

    func pairingOpened() { bell.ring() }

    var status: (RadioStatus.Adapter, [MeetingPlan.Entry]) {
        state.withLock { state in
            let name = state.busy != .no ? "connecting" : state.isScanning ? "scanning" : "idle"
            let adapter = RadioStatus.Adapter(address: adapter.address, name: adapter.name, state: name, links: state.plan.links)
            return (adapter, Array(state.plan.entries.values))
        }
    }

    // MARK: - Its life

    /// Runs until cancelled, or until the adapter or its host is gone.
    func run() async throws {
        try await shared.central.closeLinks(on: adapter.address)
        try await withThrowingDiscardingTaskGroup { sessions in
            while true {
                try Task.checkCancellation()
                switch nextStep() {
                case .wait: await bell.wait()
                case .meet(let card): sessions.addTask { try await self.meet(card) }
                case .askToYield(let card): shared.agendas.agenda(of: card).askToYield()
                case .pair(let id, let request, let device, let driver):
                    sessions.addTask { try await self.pair(id, request, with: device, driver: driver) }
                case .listen: try await listen()
                }
            }
        }
    }

    /// Decides, and takes the adapter if the step needs it.
    private func nextStep() -> Step {
        let pairing = shared.desk.request
        return state.withLock { state in
            guard state.busy == .no else { return .wait }
            if let (id, request) = pairing,
                let (device, found) = state.pairable.filter({ Self.matches(request, $0.key, $0.value.name) }).min(by: { $0.key.bits < $1.key.bits })
            {
                state.busy = .pairing
                state.pairable = [:]
                return .pair(id, request, device, driver: found.driver)
            }
            switch state.plan.decide(at: shared.elapsed()) {
            case .meet(let card):
                state.busy = .connecting(card.id)
                return .meet(card)
            case .askToYield(let card): return .askToYield(card)
            case .listen(let until): return .listen(until: until)
            }
        }
    }

    private static func matches(_ request: PairingRequest, _ device: DeviceAddress, _ name: ForeignText?) -> Bool {
        guard let wanted = request.device else { return true }
        return device.description == wanted.uppercased() || name?.raw == wanted
    }

    // MARK: - Listening

    private func listen() async throws {
        let services = Set(shared.drivers.map { type(of: $0).service })
        let endings = state.withLock { state in
            state.isScanning = true
            state.pairable = [:]
            return state.endings
        }
        defer { state.withLock { $0.isScanning = false } }
        try await shared.central.withDiscovery(of: services, on: adapter.address) { stream in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { while true { self.heard(try await stream.next()) } }
                group.addTask { try await self.somethingElseToDo(than: endings) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// Returns when the next step is not to listen.
    private func somethingElseToDo(than endings: Int) async throws {
        while true {
            try Task.checkCancellation()
            let pairing = shared.desk.request
            let decision = state.withLock { state -> MeetingPlan.Decision? in
                if state.endings != endings || state.busy != .no { return nil }
                if let (_, request) = pairing, state.pairable.contains(where: { Self.matches(request, $0.key, $0.value.name) }) { return nil }
                return state.plan.decide(at: shared.elapsed())
            }
            switch decision {
            case .askToYield(let card): shared.agendas.agenda(of: card).askToYield()
            case .listen(until: nil): await bell.wait()
            case .listen(until: let time?):
                _ = try await withDeadline(max(.zero, time - shared.elapsed()), clock: shared.clock) { await self.bell.wait() }
            case .meet, nil: return
            }
        }
    }

    private func heard(_ advertisement: Advertisement) {
        for (index, driver) in shared.drivers.enumerated() {
            guard let hint = type(of: driver).hint(in: advertisement) else { continue }
            let known = state.withLock { $0.plan.entries.values.first { $0.card.peer == advertisement.peer }?.card.id }
            if let known {
                let isNews = state.withLock { state in
                    state.drivers[known] = index
                    return state.plan.heard(known, hint: hint, rssi: advertisement.rssi, at: shared.elapsed())
                }
                if isNews { shared.publish(.seen(rssi: advertisement.rssi), of: known) }
            } else if hint.inPairingMode, let (id, request) = shared.desk.request {
                let isMeant = Self.matches(request, advertisement.peer, advertisement.name)
                state.withLock { state in
                    guard isMeant || state.pairable.count < Self.mostPairable else { return }
                    state.pairable[advertisement.peer] = (advertisement.name, index)
                }
                shared.desk.publish(.found(address: advertisement.peer, name: advertisement.name, rssi: advertisement.rssi), of: id)
            }
            bell.ring()
            return
        }
    }

    // MARK: - Meeting

    private func meet(_ card: PairedCard) async throws {
        defer { bell.ring() }
        let (token, index) = state.withLock { ($0.plan.entries[card.id]?.hint?.token, $0.drivers[card.id] ?? 0) }
        let driver = shared.drivers[index]
        shared.publish(.connecting, of: card.id)
        do {
            let sink = try await shared.registry.sink(for: card.id)
            try await shared.queueScreens(for: card.id)
            let context = shared.context(for: card)
            let report = try await shared.central.withConnection(
                to: card.peer, on: adapter.address, services: [type(of: driver).service], within: Self.connectWithin
            ) { link in
                self.linkStands(with: card.id)
                return try await driver.session(on: link, into: sink, context: context)
            }
            ended(card.id, report, token: token)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as GATTError {
            noLink(card.id, error)
            if error.code == .hostUnavailable || error.code == .adapterUnavailable { throw error }
        } catch {
            ended(card.id, SessionReport(end: .custody(error as? CustodyError ?? .storage(String(describing: error)))), token: nil)
        }
    }

    private func noLink(_ card: CardID, _ error: GATTError) {
        let pause = state.withLock { state in
            state.attemptIsOver(on: card)
            state.endings += 1
            return state.plan.failed(card, error, at: shared.elapsed())
        }
        shared.logger.notice("No session", metadata: ["card": "\(card)", "reason": "\(error)", "pause": "\(pause)"])
        shared.publish(.retry(reason: String(describing: error), after: pause), of: card)
    }

    private func linkStands(with card: CardID) {
        state.withLock { state in
            state.attemptIsOver(on: card)
            state.plan.linked(card, at: shared.elapsed())
        }
        shared.publish(.sessionStarted, of: card)
        bell.ring()
    }

    private func ended(_ card: CardID, _ report: SessionReport, token: UInt16?) {
        state.withLock { state in
            state.attemptIsOver(on: card)
            state.plan.ended(card, report, token: token, at: shared.elapsed())
            state.endings += 1
            state.plan.actionWaits(!shared.agendas.agenda(of: card).isEmpty, for: card, at: shared.elapsed())
        }
        shared.logger.info(
            "Session ended",
            metadata: ["card": "\(card)", "end": "\(report.end)", "bytes": "\(report.payloadBytes)", "stored": "\(report.recordingsStored)"])
        shared.publish(.sessionEnded(reason: String(describing: report.end), bytes: report.payloadBytes), of: card)
    }

    // MARK: - Pairing

    private func pair(_ id: PairingID, _ request: PairingRequest, with device: DeviceAddress, driver index: Int) async throws {
        defer {
            state.withLock { $0.busy = .no }
            bell.ring()
        }
        do {
            let card = try await shared.enrolment.run(id, request, with: device, on: adapter.address, driver: shared.drivers[index])
            add(card)
            shared.adopted(card, self)
        } catch is CancellationError {
            shared.desk.publish(.failed(reason: "The gateway is stopping.", fix: "Pair again when it runs."), of: id)
            try Task.checkCancellation()
        } catch {
            shared.logger.notice("Pairing failed", metadata: ["device": "\(device)", "reason": "\(error)"])
            shared.desk.publish(Enrolment.failure(error), of: id)
            if let error = error as? GATTError, error.code == .hostUnavailable || error.code == .adapterUnavailable { throw error }
        }
    }
}
