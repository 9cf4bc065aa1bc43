internal import DBus
internal import EventLoop
internal import GATT
internal import Synchronization

/// One central's connection to a served device. What it asks is handed to the service one thing after another.
final class ServedLink: ServerLink, Sendable {
    private struct Work: Sendable {
        let run: @Sendable (any LocalService) async -> Void
        /// The link ended before its turn came.
        let drop: @Sendable () -> Void
    }

    private struct State: Sendable {
        var waiting: [Work] = []
        var isOver = false
        var level = AttributeSecurity.open
        /// Before any exchange (Core 5.4, Vol 3, Part G, 5.2.1).
        var maximumTransmissionUnit = 23
    }

    /// Write Commands come without waiting for an answer.
    private static let mostWaiting = 512
    /// An ATT transaction (Core 5.4, Vol 3, Part F, 3.3.3).
    private static let transaction: Duration = .seconds(30)
    private static let lastID = Atomic<UInt64>(0)

    let id: UInt64
    let central: DeviceAddress
    let path: ObjectPath
    private let host: ServedHost
    private let faults: LinkFaults
    private let state = WaitableState(State())

    init(to central: DeviceAddress, at path: ObjectPath, host: ServedHost, faults: LinkFaults) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        self.central = central
        self.path = path
        self.host = host
        self.faults = faults
    }

    var maximumTransmissionUnit: Int { state.read(\.maximumTransmissionUnit) }
    /// What bluetoothd has checked on this link so far: it tells no level, but it refuses what a link may not do.
    var level: AttributeSecurity { state.read(\.level) }

    func learn(_ mtu: Int) {
        guard mtu != maximumTransmissionUnit else { return }
        state.change { $0.maximumTransmissionUnit = max(23, mtu) }
    }

    /// bluetoothd let an access through that needs this level.
    func proved(_ level: AttributeSecurity) {
        guard level > self.level else { return }
        state.change { $0.level = max($0.level, level) }
    }

    // MARK: Its life

    /// Makes all calls about this link, from connected to disconnected. What is under way at the link's end is cancelled.
    func serve(_ service: any LocalService, subscribed characteristics: [CharacteristicID]) async {
        // Over before it began: a second central, or one that left at once.
        guard !state.read(\.isOver) else { return }
        await withTaskGroup { group in
            group.addTask {
                await service.connected(self)
                for characteristic in characteristics { await service.subscribed(true, to: characteristic, over: self) }
                while let work = try? await self.next() { await work.run(service) }
            }
            group.addTask { await self.untilOver() }
            await group.next()
            group.cancelAll()
        }
        end()
        await service.disconnected(self)
    }

    /// Throws when there is nothing more to do.
    private func next() async throws -> Work {
        try await state.when { state in
            if state.isOver { throw gone }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
    }

    func untilOver() async {
        // Cancelled: over as well.
        _ = try? await state.when { $0.isOver ? () : nil }
    }

    func end() {
        let dropped = state.change { state in
            state.isOver = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for work in dropped { work.drop() }
    }

    /// Ends the link from this side; whoever waits for `untilOver` tells bluetoothd.
    func disconnect() async { end() }

    // MARK: What the central does

    /// Hands something to the service in its turn and waits for the answer. Throws `disconnected` when the link ends first.
    func inOrder<R: Sendable>(_ body: @escaping @Sendable (any LocalService) async throws -> R) async throws -> R {
        let answer = WaitableState<Result<R, any Error>?>(nil)
        let gone = gone
        let work = Work(
            run: { service in
                let result: Result<R, any Error>
                do { result = .success(try await body(service)) } catch { result = .failure(error) }
                answer.change { $0 = result }
            },
            drop: { answer.change { $0 = .failure(gone) } })
        guard add(work) else { throw gone }
        return try await answer.when { $0 }.get()
    }

    private func add(_ work: Work) -> Bool {
        state.change { state in
            guard !state.isOver, state.waiting.count < Self.mostWaiting else { return false }
            state.waiting.append(work)
            return true
        }
    }

    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID) {
        tell { await $0.subscribed(isSubscribed, to: characteristic, over: self) }
    }

    func wasBonded() { tell { await $0.paired(over: self, bonded: true) } }
    func pairingFailed() { tell { await $0.paired(over: self, bonded: false) } }

    private func tell(_ run: @escaping @Sendable (any LocalService) async -> Void) { _ = add(Work(run: run, drop: {})) }

    // MARK: What the service does

    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        guard try await admit(value, on: characteristic) else { return }
        while true {
            guard case .socket(let socket) = try channel(of: characteristic) else { throw ATTError.notSubscribed }
            switch try socket.send(value) {
            case .sent: return
            case .closed: throw ATTError.notSubscribed
            case .full: try await withinTransaction { try await socket.untilWritable() }
            }
        }
    }

    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        guard try await admit(value, on: characteristic) else { return }
        guard case .signals(let before) = try channel(of: characteristic) else { throw ATTError.notSubscribed }
        try await host.announce(value, of: characteristic)
        try await withinTransaction { [host] in
            try await host.state.when { state -> Void? in
                guard case .signals(let now) = state.channels[characteristic] else { throw ATTError.notSubscribed }
                return now == before ? nil : ()
            }
        }
    }

    /// Asks the faults; false when the value gets lost on the way.
    private func admit(_ value: [UInt8], on characteristic: CharacteristicID) async throws -> Bool {
        let mtu = maximumTransmissionUnit
        guard value.count <= mtu - 3 else {
            throw GATTError(.invalidLength, "A value of \(value.count) bytes does not fit in ATT_MTU \(mtu) - 3.")
        }
        try await faults.pace(value.count)
        switch faults.fate(of: value.count, on: characteristic) {
        case .delivered: return true
        case .dropped: return false
        case .linkLost:
            end()
            throw gone
        }
    }

    private func channel(of characteristic: CharacteristicID) throws -> ServedHost.Channel? {
        if state.read(\.isOver) { throw gone }
        // A CCCD is remembered with its bond: it says nothing about this link (Recorder Card Profile, Services on the card).
        guard let security = host.catalog[characteristic]?.definition.security, level >= security else { throw ATTError.notSubscribed }
        return host.state.read { $0.channels[characteristic] }
    }

    /// A wait for bluetoothd. When it takes longer than a transaction may, the link is of no more use.
    private func withinTransaction(_ wait: @escaping @Sendable () async throws -> Void) async throws {
        let isDone: Void? = try await withDeadline(Self.transaction, clock: ContinuousClock()) { try await self.whileOpen(wait) }
        if isDone == nil { end() }
        guard isDone != nil else { throw gone }
    }

    /// Runs a wait until it ends, or throws `disconnected` when the link does.
    func whileOpen<R: Sendable>(_ wait: @escaping @Sendable () async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: R.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await wait() }
            group.addTask {
                try await self.state.when { $0.isOver ? () : nil }
                throw self.gone
            }
            guard let result = try await group.next() else { throw gone }
            return result
        }
    }

    private var gone: GATTError { GATTError(.disconnected, "The link to \(central) is gone.") }
}
