internal import DBus
internal import EventLoop
internal import GATT

/// A connected device through bluetoothd.
struct BlueZPeripheral: Peripheral {
    let link: RemoteLink
    let central: BlueZCentral

    /// ATT_MTU before anything was exchanged (Core 5.4, Vol 3, Part G, 5.2.1).
    private static let leastTransmissionUnit = 23
    /// How long the link of a refused or lost operation may still look open: bluetoothd pairs by itself first, and fails.
    private static let lossIsSeen: Duration = .seconds(2)

    var address: DeviceAddress { link.address }

    func maximumTransmissionUnit() async throws -> Int {
        if let end = link.end { throw end }
        return knownTransmissionUnit
    }

    private var knownTransmissionUnit: Int { max(Self.leastTransmissionUnit, link.maximumTransmissionUnit ?? 0) }

    func read(_ characteristic: CharacteristicID, within: Duration) async throws -> [UInt8] {
        let path = try find(characteristic).path
        let answer = try await call(
            path, "ReadValue", [.properties([:])], within: within, as: .using, "Reading \(characteristic) of \(address)")
        guard let value = answer.first?.asBytes else {
            throw GATTError(.failed, "bluetoothd answered the reading of \(characteristic) of \(address) without a value.")
        }
        return value
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, within: Duration) async throws {
        let path = try find(characteristic).path
        try check(value, knownTransmissionUnit)
        let options: [String: DBusValue] = ["type": .string("request")]
        try await call(
            path, "WriteValue", [.bytes(value), .properties(options)], within: within, as: .using, "Writing \(characteristic) of \(address)")
    }

    func writeWithoutResponse(_ value: [UInt8], to characteristic: CharacteristicID) async throws {
        let found = try find(characteristic)
        guard found.takesCommands else { throw GATTError(.notSupported, "Characteristic \(characteristic) of \(address) takes no commands.") }
        let socket = try await link.commandSocket(for: characteristic) {
            let what = "Acquiring the writing of \(characteristic) of \(address)"
            let (slot, unit) = try await acquire("AcquireWrite", found.path, as: .using, what)
            guard let descriptor = slot.take() else { throw GATTError(.failed, "\(what) brought no socket.") }
            return CommandSocket(descriptor, maximumTransmissionUnit: unit)
        }
        try check(value, socket.maximumTransmissionUnit)
        try socket.send(value, to: address)
    }

    private func check(_ value: [UInt8], _ unit: Int) throws {
        guard value.count <= unit - 3 else {
            throw GATTError(.invalidLength, "A value of \(value.count) bytes does not fit in ATT_MTU \(unit) - 3.")
        }
    }

    /// The characteristic while the link is open.
    func find(_ characteristic: CharacteristicID) throws -> HostCharacteristic {
        if let end = link.end { throw end }
        guard let found = central.mirror.state.read({ $0.tree.characteristic(characteristic, of: link.path) }) else {
            throw GATTError(.characteristicMissing, "\(address) has no characteristic \(characteristic).")
        }
        return found
    }

    /// AcquireNotify or AcquireWrite: a socket with the ATT_MTU of the link.
    func acquire(_ member: String, _ path: ObjectPath, as attempt: Attempt, _ what: String) async throws -> (DescriptorSlot, Int) {
        // A CCCD is written on the way; an ATT transaction may take 30 s (Core 5.4, Vol 3, Part F, 3.3.3).
        let answer = try await call(path, member, [.properties([:])], within: .seconds(30), as: attempt, what)
        guard let slot = answer.first?.asDescriptor else { throw GATTError(.failed, "\(what) brought no socket.") }
        let unit = answer.dropFirst().first?.asInteger
        if let unit { link.maximumTransmissionUnit = unit }
        return (slot, max(Self.leastTransmissionUnit, unit ?? link.maximumTransmissionUnit ?? 0))
    }

    /// Calls a characteristic while the link is open.
    ///
    /// bluetoothd answers a lost link and a refused access with errors that look alike, before it tells that the link is
    /// gone: so the link is watched for a moment before either is believed.
    @discardableResult func call(
        _ path: ObjectPath, _ member: String, _ arguments: [DBusValue] = [], within: Duration, as attempt: Attempt, _ what: String
    ) async throws -> [DBusValue] {
        do {
            return try await link.whileOpen {
                try await central.call(
                    path, Interface.characteristic, member, arguments, of: link.owner, within: within, as: attempt, what,
                    missing: .characteristicMissing)
            }
        } catch let error as GATTError {
            switch (error.code, error.attError) {
            case (.attError, 0x0E), (.disconnected, _), (.failed, _), (.characteristicMissing, _):
                guard let end = await link.endsSoon(within: Self.lossIsSeen) else { throw error }
                throw refusal(error) ?? end
            default: throw error
            }
        }
    }

    /// Without a bond, error 0x0E with the end of the link is what is left of a refused access: bluetoothd tried to pair
    /// by itself and failed.
    private func refusal(_ error: GATTError) -> GATTError? {
        guard error.attError == 0x0E, central.mirror.state.read({ $0.tree.devices[link.path]?.isBonded }) != true else { return nil }
        return GATTError(
            .authenticationFailed, "\(address) refused an access without a bond, or the link was lost.", cause: error.cause, attError: 0x0E)
    }
}
