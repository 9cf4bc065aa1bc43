import GATT

/// A host that does before its calls what a test says.
struct AwkwardHost: Central {
    let air: MemoryRadio
    var beforeDiscovery: @Sendable () async throws -> Void = {}
    var beforeConnection: @Sendable (DeviceAddress) async throws -> Void = { _ in }

    /// Says once, when a link to the card is asked for, that the adapter is not there, and leaves all links as they are.
    static func losesAdapter(_ air: MemoryRadio, at card: DeviceAddress) -> AwkwardHost {
        let lies = WaitableState(1)
        return AwkwardHost(
            air: air,
            beforeConnection: { peer in
                guard peer == card, lies.read({ $0 > 0 }) else { return }
                lies.change { $0 -= 1 }
                throw GATTError(.adapterUnavailable, "There is no adapter.")
            })
    }

    func adapters() async throws -> [AdapterInfo] { try await air.adapters() }
    func setPower(_ isOn: Bool, of adapter: DeviceAddress) async throws { try await air.setPower(isOn, of: adapter) }

    func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress, repeats: Bool,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R {
        try await beforeDiscovery()
        return try await air.withDiscovery(of: services, on: adapter, repeats: repeats, body)
    }

    func withConnection<R: Sendable>(
        to peer: DeviceAddress, on adapter: DeviceAddress, services: Set<BluetoothUUID>, within: Duration,
        _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R {
        try await beforeConnection(peer)
        return try await air.withConnection(to: peer, on: adapter, services: services, within: within, body)
    }

    func pair(
        with peer: DeviceAddress, on adapter: DeviceAddress, within: Duration,
        dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond {
        try await air.pair(with: peer, on: adapter, within: within, dialogue: dialogue)
    }

    func forget(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws { try await air.forget(peer, on: adapter) }
    func bondedPeers(on adapter: DeviceAddress) async throws -> [DeviceAddress] { try await air.bondedPeers(on: adapter) }
    func foreignBonds(on adapter: DeviceAddress) async throws -> [DeviceAddress] { try await air.foreignBonds(on: adapter) }
    func closeLinks(to peers: Set<DeviceAddress>, on adapter: DeviceAddress) async throws { try await air.closeLinks(to: peers, on: adapter) }
}
