/// The device's view of a link in memory.
struct MemoryServerLink: ServerLink {
    let link: MemoryLink

    var id: UInt64 { link.id }
    var central: DeviceAddress { link.central }
    var maximumTransmissionUnit: Int { link.maximumTransmissionUnit }

    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        try await send(value, on: characteristic, property: .notify, confirmation: nil)
    }

    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        let confirmation = MemoryAnswer<[UInt8]>()
        try await send(value, on: characteristic, property: .indicate, confirmation: confirmation)
        _ = try await confirmation.value()
    }

    func disconnect() async {
        link.end(GATTError(.disconnected, "\(link.peer) closed the link."))
    }

    private func send(
        _ value: [UInt8], on characteristic: CharacteristicID, property: CharacteristicProperties, confirmation: MemoryAnswer<[UInt8]>?
    ) async throws {
        guard value.count <= link.maximumTransmissionUnit - 3 else {
            throw GATTError(.invalidLength, "A value of \(value.count) bytes does not fit in ATT_MTU \(link.maximumTransmissionUnit) - 3.")
        }
        guard let definition = link.definitions[characteristic], definition.properties.contains(property) else {
            throw GATTError(.notSupported, "Characteristic \(characteristic) cannot send this.")
        }
        let outgoing = MemoryLink.Outgoing(value: value, characteristic: characteristic, confirmation: confirmation)
        try await link.state.when { state -> Void? in
            if let end = state.end { throw end }
            // Checked again before each value: CCCDs are remembered with the bond (Recorder Card Profile, Services on the card).
            guard state.subscriptions.contains(characteristic), state.level >= definition.security else { throw ATTError.notSubscribed }
            guard state.outgoing.count < MemoryLink.transmitQueue else { return nil }
            state.outgoing.append(outgoing)
            return ()
        }
    }
}
