import GATT
import Synchronization

/// A host that does not give what it should: notifications held by another program, other values than the card's.
struct AwkwardPeripheral: Peripheral {
    let card: any Peripheral
    /// Of these a private path cannot be had.
    var held: Set<CharacteristicID> = []
    /// Nor a shared one.
    var heldAltogether: Set<CharacteristicID> = []
    var read: @Sendable (CharacteristicID, [UInt8]) -> [UInt8] = { $1 }
    let lent = Lent()

    /// How each subscription was had in the end.
    final class Lent: Sendable {
        private let state = Mutex([CharacteristicID: ValueDelivery]())
        subscript(characteristic: CharacteristicID) -> ValueDelivery? { state.withLock { $0[characteristic] } }
        fileprivate func note(_ characteristic: CharacteristicID, _ delivery: ValueDelivery) { state.withLock { $0[characteristic] = delivery } }
    }

    var address: DeviceAddress { card.address }
    func maximumTransmissionUnit() async throws -> Int { try await card.maximumTransmissionUnit() }

    func read(_ characteristic: CharacteristicID, within: Duration) async throws -> [UInt8] {
        read(characteristic, try await card.read(characteristic, within: within))
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, within: Duration) async throws {
        try await card.write(value, to: characteristic, within: within)
    }

    func writeWithoutResponse(_ value: [UInt8], to characteristic: CharacteristicID) async throws {
        try await card.writeWithoutResponse(value, to: characteristic)
    }

    func withValues<R: Sendable>(
        of characteristic: CharacteristicID, delivery: ValueDelivery, capacity: Int,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        if heldAltogether.contains(characteristic) || delivery == .privateSocket && held.contains(characteristic) {
            throw GATTError(.notificationsHeld, "Another program holds \(characteristic).")
        }
        lent.note(characteristic, delivery)
        return try await card.withValues(of: characteristic, delivery: delivery, capacity: capacity, body)
    }
}
