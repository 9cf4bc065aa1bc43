import GATT
import TestSupport

/// A central that keeps few of its promises, so that the contract suite itself is seen to fail.
struct LyingCentral: Central {
    let honest: any Central

    func adapters() async throws -> [AdapterInfo] { [] }
    func setPower(_ isOn: Bool, of adapter: DeviceAddress) async throws {}

    func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress, repeats: Bool,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R {
        try await honest.withDiscovery(of: [EchoService.service], on: adapter, body)
    }

    func withConnection<R: Sendable>(
        to peer: DeviceAddress, on adapter: DeviceAddress, services: Set<BluetoothUUID>, within: Duration,
        _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R {
        try await honest.withConnection(to: peer, on: adapter, services: [], within: within) { try await body(LyingPeripheral(honest: $0)) }
    }

    func pair(
        with peer: DeviceAddress, on adapter: DeviceAddress, within: Duration, dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond {
        _ = try await honest.pair(with: peer, on: adapter, within: within, dialogue: dialogue)
        return NewBond(peer: peer, method: .numericComparison)
    }

    func forget(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws {}
    func bondedPeers(on adapter: DeviceAddress) async throws -> [DeviceAddress] { try await honest.bondedPeers(on: adapter) }
    func foreignBonds(on adapter: DeviceAddress) async throws -> [DeviceAddress] { [] }
    func closeLinks(to peers: Set<DeviceAddress>, on adapter: DeviceAddress) async throws {}
}

/// Answers where nothing was answered, shares what should be private, and makes values up.
struct LyingPeripheral: Peripheral {
    let honest: any Peripheral

    var address: DeviceAddress { honest.address }
    func maximumTransmissionUnit() async throws -> Int { 5 }

    func read(_ characteristic: CharacteristicID, within: Duration) async throws -> [UInt8] {
        (try? await honest.read(characteristic, within: within)) ?? [0]
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, within: Duration) async throws {
        try await honest.write(value, to: characteristic, within: within)
    }

    func writeWithoutResponse(_ value: [UInt8], to characteristic: CharacteristicID) async throws {
        try? await honest.writeWithoutResponse(value, to: characteristic)
    }

    func withValues<R: Sendable>(
        of characteristic: CharacteristicID, delivery: ValueDelivery, capacity: Int,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        try await honest.withValues(of: characteristic, delivery: .sharedAllowed, capacity: 1000) { stream in
            stream.put([9, 9])
            return try await body(stream)
        }
    }
}
