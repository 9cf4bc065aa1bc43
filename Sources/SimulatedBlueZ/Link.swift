internal import EventLoop
internal import GATT
internal import Synchronization

/// One connection between an adapter and a card, as the card's host and the card see it.
///
/// A value that the card notifies goes from the card's task straight into the client's socket: no task, no queue and no
/// message on the bus lie between. Only values that go by PropertiesChanged take the way over `Bluetoothd`.
final class Link: ServerLink, Sendable {
    struct State: Sendable {
        var level: AttributeSecurity
        /// CCCDs that are set.
        var subscriptions: Set<CharacteristicID>
        var sockets: [CharacteristicID: AcquiredSocket] = [:]
        var requests: [LinkRequest] = []
        var answers: [UInt64: CheckedContinuation<LinkAnswer, Never>] = [:]
        var lastRequest: UInt64 = 0
        var isOutOfRange = false
        /// The host's handles are not the card's.
        var isStale = false
        var hasEnded = false
    }

    fileprivate enum Route: Sendable {
        case socket(AcquiredSocket)
        case bus
        /// Nothing gets through until the device is back in range, or the link ends.
        case waiting
        case ended
        case refused
    }

    let id: UInt64
    let central: DeviceAddress
    let peer: DeviceAddress
    let maximumTransmissionUnit: Int
    let faults: LinkFaults
    let definitions: [CharacteristicID: CharacteristicDefinition]
    let state: WaitableState<State>
    private let deliver: @Sendable (CharacteristicID, [UInt8]) async -> Void

    /// - Parameter deliver: takes values that no socket is there for.
    init(
        id: UInt64, central: DeviceAddress, to card: PlacedCard, maximumTransmissionUnit: Int, level: AttributeSecurity,
        subscriptions: Set<CharacteristicID>, deliver: @escaping @Sendable (CharacteristicID, [UInt8]) async -> Void
    ) {
        self.id = id
        self.central = central
        self.maximumTransmissionUnit = maximumTransmissionUnit
        self.deliver = deliver
        peer = card.address
        faults = card.faults
        definitions = card.definitions
        state = WaitableState(State(level: level, subscriptions: subscriptions))
    }

    var level: AttributeSecurity { state.read(\.level) }
    var subscriptions: Set<CharacteristicID> { state.read(\.subscriptions) }
    var hasEnded: Bool { state.read(\.hasEnded) }

    // MARK: What the card does

    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        try await send(value, on: characteristic, by: .notify)
    }

    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        try await send(value, on: characteristic, by: .indicate)
    }

    func disconnect() async { end() }

    private func send(_ value: [UInt8], on characteristic: CharacteristicID, by property: CharacteristicProperties) async throws {
        guard value.count <= maximumTransmissionUnit - 3 else {
            throw GATTError(.invalidLength, "A value of \(value.count) bytes does not fit in ATT_MTU \(maximumTransmissionUnit) - 3.")
        }
        guard let definition = definitions[characteristic], definition.properties.contains(property) else {
            throw GATTError(.notSupported, "Characteristic \(characteristic) cannot send this.")
        }
        try await faults.pace(value.count)
        while true {
            switch state.read({ $0.route(characteristic, needing: definition.security) }) {
            case .ended: throw gone
            case .refused: throw ATTError.notSubscribed
            case .waiting: try await state.when { $0.isOutOfRange && !$0.hasEnded ? nil : () }
            case .socket(let socket):
                guard try admit(value, on: characteristic) else { return }
                return socket.send(value)
            case .bus:
                guard try admit(value, on: characteristic) else { return }
                return await deliver(characteristic, value)
            }
        }
    }

    /// Asks the faults; false when the value gets lost on the way.
    private func admit(_ value: [UInt8], on characteristic: CharacteristicID) throws -> Bool {
        switch faults.fate(of: value.count, on: characteristic) {
        case .delivered: return true
        case .dropped: return false
        case .linkLost:
            end()
            throw gone
        }
    }

    private var gone: GATTError { GATTError(.disconnected, "The link to \(peer) is gone.") }

    // MARK: What the central does

    func changeSecurity(to level: AttributeSecurity) {
        state.change { $0.level = level }
    }

    /// Values of the characteristic go to the socket from now on; nil: no longer.
    func setSocket(_ socket: AcquiredSocket?, for characteristic: CharacteristicID) {
        state.change { $0.sockets[characteristic] = socket }
    }

    /// Everything on this link goes to handles that the card does not have.
    func forgetHandles() {
        state.change { $0.isStale = true }
    }

    func setOutOfRange(_ isOutOfRange: Bool) {
        state.change { $0.isOutOfRange = isOutOfRange }
    }

    /// Ends the link for both sides; a second time does nothing.
    func end() {
        let left = state.change { state -> State? in
            guard !state.hasEnded else { return nil }
            let left = state
            state.hasEnded = true
            state.requests = []
            state.answers = [:]
            state.sockets = [:]
            return left
        }
        for answer in left?.answers.values.map({ $0 }) ?? [] { answer.resume(returning: .gone) }
    }

    /// Suspends until the link has ended.
    func ended() async {
        _ = try? await state.when { $0.hasEnded ? () : nil }
    }
}

extension Link.State {
    /// Where a value goes now. Subscription and security are checked before each (Core 5.4, Vol 3, Part G, 3.3.3.3).
    fileprivate func route(_ characteristic: CharacteristicID, needing security: AttributeSecurity) -> Link.Route {
        if hasEnded { return .ended }
        guard subscriptions.contains(characteristic), level >= security else { return .refused }
        if isOutOfRange { return .waiting }
        return sockets[characteristic].map { .socket($0) } ?? .bus
    }
}
