/// One link in memory: a queue of requests to the device, a queue of values from it, and what both sides know of it.
final class MemoryLink: Sendable {
    /// Values that the device's stack takes before `notify` waits, as a controller's buffers do.
    static let transmitQueue = 16
    /// Requests and commands that may wait for the device. Commands beyond it are refused with `overflow`.
    static let requestQueue = 64

    enum Request: Sendable {
        case read(CharacteristicID, MemoryAnswer<[UInt8]>)
        case write([UInt8], CharacteristicID, MemoryAnswer<[UInt8]>)
        case command([UInt8], CharacteristicID)
        case subscribe(Bool, CharacteristicID, MemoryAnswer<[UInt8]>)
        case pair(MemoryAnswer<PairingOffer>)
        case paired(Bool, MemoryAnswer<[UInt8]>)
    }

    struct Outgoing: Sendable {
        let value: [UInt8]
        let characteristic: CharacteristicID
        /// Of an indication: resumed when it is confirmed.
        let confirmation: MemoryAnswer<[UInt8]>?
    }

    struct State: Sendable {
        var level: AttributeSecurity
        var subscriptions: Set<CharacteristicID>
        var requests: [Request] = []
        var outgoing: [Outgoing] = []
        /// In the order of their subscribing.
        var streams: [(characteristic: CharacteristicID, stream: ValueStream)] = []
        var end: GATTError?
    }

    let id: UInt64
    let central: DeviceAddress
    let peer: DeviceAddress
    let service: any LocalService
    let faults: LinkFaults
    let clock: any Clock<Duration>
    let maximumTransmissionUnit: Int
    /// Whether the central holds no bond with the device.
    let isUnbonded: Bool
    let definitions: [CharacteristicID: CharacteristicDefinition]
    let state: WaitableState<State>

    init(
        id: UInt64, central: DeviceAddress, peer: DeviceAddress, service: any LocalService, faults: LinkFaults, clock: any Clock<Duration>,
        maximumTransmissionUnit: Int, level: AttributeSecurity, isUnbonded: Bool, subscriptions: Set<CharacteristicID>
    ) {
        self.id = id
        self.central = central
        self.peer = peer
        self.service = service
        self.faults = faults
        self.clock = clock
        self.maximumTransmissionUnit = maximumTransmissionUnit
        self.isUnbonded = isUnbonded
        var definitions: [CharacteristicID: CharacteristicDefinition] = [:]
        for offered in service.services {
            for characteristic in offered.characteristics {
                definitions[CharacteristicID(service: offered.uuid, characteristic: characteristic.uuid)] = characteristic
            }
        }
        self.definitions = definitions
        state = WaitableState(State(level: level, subscriptions: subscriptions))
    }

    var level: AttributeSecurity { state.read(\.level) }
    var subscriptions: Set<CharacteristicID> { state.read(\.subscriptions) }

    /// Ends the link; the first end counts. Everybody who waits on it gets the error.
    func end(_ error: GATTError) {
        let left = state.change { state -> State? in
            guard state.end == nil else { return nil }
            let left = state
            state.end = error
            state.requests = []
            state.outgoing = []
            state.streams = []
            return left
        }
        guard let left else { return }
        // In one order, so that a history does not depend on hashing.
        for (_, stream) in left.streams { stream.end(error) }
        for outgoing in left.outgoing { outgoing.confirmation?.fail(error) }
        for request in left.requests { request.fail(error) }
    }

    /// Suspends until the link has ended; returns why.
    @discardableResult
    func ended() async throws -> GATTError {
        try await state.when { $0.end }
    }

    /// Hands a request to the device; suspends while its queue is full. Throws the link's end.
    func hand(_ request: Request) async throws {
        try await state.when { state -> Void? in
            if let end = state.end { throw end }
            guard state.requests.count < Self.requestQueue else { return nil }
            state.requests.append(request)
            return ()
        }
    }
}

extension MemoryLink.State {
    func stream(of characteristic: CharacteristicID) -> ValueStream? { streams.first { $0.characteristic == characteristic }?.stream }
}

extension MemoryLink.Request {
    /// What it is about; nil for pairing.
    var characteristic: CharacteristicID? {
        switch self {
        case .read(let characteristic, _), .write(_, let characteristic, _), .command(_, let characteristic), .subscribe(_, let characteristic, _):
            characteristic
        case .pair, .paired: nil
        }
    }

    func fail(_ error: any Error) {
        switch self {
        case .read(_, let answer), .write(_, _, let answer), .subscribe(_, _, let answer), .paired(_, let answer): answer.fail(error)
        case .pair(let answer): answer.fail(error)
        case .command: break
        }
    }
}
