internal import DBus
internal import GATT

/// One link to a device while `withConnection` lends it, and everything that ends with it.
final class RemoteLink: Sendable {
    private struct State: Sendable {
        var hasBegun: Bool
        var end: GATTError?
        var streams: [CharacteristicID: ValueStream] = [:]
        var commands: [CharacteristicID: Commands] = [:]
        /// As bluetoothd told it last.
        var maximumTransmissionUnit: Int?
    }

    /// A socket of AcquireWrite: being asked for, or there.
    private enum Commands: Sendable {
        case acquiring
        case open(CommandSocket)
    }

    let address: DeviceAddress
    let path: ObjectPath
    /// The unique name of the bluetoothd that has it: its successor may have something else at the same path.
    let owner: String
    private let state: WaitableState<State>

    /// - Parameter isConnected: whether the device has a link already; else only one that begins later can be lost.
    init(to address: DeviceAddress, at path: ObjectPath, of owner: String, isConnected: Bool) {
        self.address = address
        self.path = path
        self.owner = owner
        state = WaitableState(State(hasBegun: isConnected))
    }

    /// bluetoothd says that the device is connected.
    func hasBegun() { state.change { $0.hasBegun = true } }

    /// Whether there is a link that can be lost.
    var isOpen: Bool { state.read { $0.hasBegun && $0.end == nil } }
    var end: GATTError? { state.read(\.end) }

    /// Ends the link; the first end counts. Everybody who waits on it is told, all sockets for commands are closed.
    func end(_ error: GATTError) {
        let streams = state.change { state -> [ValueStream] in
            guard state.end == nil else { return [] }
            state.end = error
            state.commands = [:]
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.end(error) }
    }

    /// bluetoothd answers what a lost link cut short at about the time at which it tells of the loss.
    private static let lastAnswers: Duration = .seconds(1)

    /// Runs an operation until it ends or the link does; then its answer, which tells a refusal from a loss, may still come
    /// for a moment, before it is cancelled and the link's end is thrown.
    func whileOpen<R: Sendable>(_ operation: @escaping @Sendable () async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: R.self) { group in
            defer { group.cancelAll() }
            if let end { throw end }
            group.addTask { try await operation() }
            group.addTask {
                let end = try await self.state.when { $0.end }
                try await Task.sleep(for: Self.lastAnswers)
                throw end
            }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Waits for the link's end, for a short while.
    func endsSoon(within: Duration) async -> GATTError? {
        try? await withDeadline(within, clock: ContinuousClock()) { try await self.state.when { $0.end } }
    }

    var maximumTransmissionUnit: Int? {
        get { state.read(\.maximumTransmissionUnit) }
        set { state.change { $0.maximumTransmissionUnit = newValue } }
    }

    // MARK: Values

    /// Registers a subscription: one at a time for each characteristic.
    func add(_ stream: ValueStream, for characteristic: CharacteristicID) throws {
        try state.change { state in
            if let end = state.end { throw end }
            guard state.streams[characteristic] == nil else {
                throw GATTError(.notificationsHeld, "Values of \(characteristic) of \(address) are being received already.")
            }
            state.streams[characteristic] = stream
        }
    }

    func removeStream(for characteristic: CharacteristicID) { state.change { $0.streams[characteristic] = nil } }

    // MARK: Commands

    /// The socket for commands of a characteristic; `acquire` is called once a link, however many ask.
    func commandSocket(
        for characteristic: CharacteristicID, _ acquire: @Sendable () async throws -> CommandSocket
    ) async throws -> CommandSocket {
        let known = try await state.when { state -> Commands? in
            if let end = state.end { throw end }
            switch state.commands[characteristic] {
            case .open(let socket): return .open(socket)
            case .acquiring: return nil
            case nil:
                state.commands[characteristic] = .acquiring
                return .acquiring
            }
        }
        if case .open(let socket) = known { return socket }
        do {
            let socket = try await acquire()
            try state.change { state in
                if let end = state.end { throw end }
                state.commands[characteristic] = .open(socket)
            }
            return socket
        } catch {
            state.change { $0.commands[characteristic] = nil }
            throw error
        }
    }
}
