internal import DBus
internal import GATT

/// The interfaces of org.bluez as they stand on the bus.
extension Bluetoothd {
    private typealias Handler = @Sendable (DBusMethodCall) async throws -> [DBusValue]

    nonisolated private static func options(_ more: ExportedArgument...) -> [ExportedArgument] {
        more + [ExportedArgument("options", .properties)]
    }

    var agentManager: ExportedInterface {
        let agent = ExportedArgument("agent", .objectPath)
        return ExportedInterface(
            Interface.agentManager,
            methods: [
                ExportedMethod("RegisterAgent", [agent, ExportedArgument("capability", .string)]) { try await self.registerAgent($0) },
                ExportedMethod("UnregisterAgent", [agent]) { try await self.unregisterAgent($0) },
                ExportedMethod("RequestDefaultAgent", [agent]) { try await self.requestDefaultAgent($0) },
            ])
    }

    func interface(of adapter: Adapter) -> ExportedInterface {
        let path = adapter.path
        let strings = DBusValue.strings([]).type
        return ExportedInterface(
            Interface.adapter,
            methods: [
                ExportedMethod("StartDiscovery") { try await self.startDiscovery($0) },
                ExportedMethod("StopDiscovery") { try await self.stopDiscovery($0) },
                ExportedMethod("SetDiscoveryFilter", [ExportedArgument("properties", .properties)]) { try await self.setDiscoveryFilter($0) },
                ExportedMethod("GetDiscoveryFilters", returns: [ExportedArgument("filters", strings)]) { _ in
                    [.strings(DiscoveryFilter.names)]
                },
                ExportedMethod("RemoveDevice", [ExportedArgument("device", .objectPath)]) { try await self.removeDevice($0) },
            ],
            properties: adapter.properties,
            setters: [
                "Powered": { value, _ in
                    guard case .boolean(let isPowered) = value else { throw DBusError.invalidArguments }
                    try await self.setPowered(isPowered, path)
                },
                "Pairable": { value, _ in await self.announce(["Pairable": value], of: Interface.adapter, at: path) },
                "Discoverable": { value, _ in await self.announce(["Discoverable": value], of: Interface.adapter, at: path) },
                "Alias": { value, _ in await self.announce(["Alias": value], of: Interface.adapter, at: path) },
            ])
    }

    func interface(of device: Device) -> ExportedInterface {
        let path = device.path
        return ExportedInterface(
            Interface.device,
            methods: [
                ExportedMethod("Connect") { try await self.connect($0) },
                ExportedMethod("Disconnect") { try await self.disconnect($0) },
                ExportedMethod("Pair") { try await self.pair($0) },
                ExportedMethod("CancelPairing") { try await self.cancelPairing($0) },
            ],
            properties: device.properties,
            setters: [
                "Trusted": { value, _ in
                    guard case .boolean(let isTrusted) = value else { throw DBusError.invalidArguments }
                    try await self.setTrusted(isTrusted, path)
                },
                "Alias": { value, _ in
                    guard case .string(let alias) = value else { throw DBusError.invalidArguments }
                    try await self.setAlias(alias, path)
                },
            ])
    }

    private func setTrusted(_ isTrusted: Bool, _ path: ObjectPath) async throws {
        let device = try device(at: path)
        guard device.isTrusted != isTrusted else { return }
        device.isTrusted = isTrusted
        if let adapter = adapters[device.adapter] {
            bonds.centrals[BondTable.Pair(central: adapter.address, card: device.address)]?.isTrusted = isTrusted
            await saveBonds()
        }
        await announce(["Trusted": .boolean(isTrusted)], of: device)
    }

    /// An empty alias brings back the name or the address.
    private func setAlias(_ alias: String, _ path: ObjectPath) async throws {
        let device = try device(at: path)
        device.alias = alias.isEmpty ? nil : alias
        await announce(["Alias": .string(device.shownAlias)], of: device)
    }

    // MARK: Services

    /// Exports the services in the order of their handles; parents first, as children point to them.
    func export(_ tree: RemoteTree, of device: Device) async throws {
        for service in tree.services {
            try await bus.export(
                [
                    ExportedInterface(
                        Interface.service,
                        properties: [
                            "UUID": .string(service.uuid.description), "Device": .objectPath(device.path), "Primary": .boolean(true),
                        ])
                ], at: service.path)
            for characteristic in service.characteristics {
                let attribute = RemoteAttribute(characteristic, of: device)
                attributes[attribute.path] = attribute
                try await bus.export([interface(of: attribute, in: service.path)], at: attribute.path)
                if let descriptor = characteristic.descriptor {
                    try await bus.export([configuration(of: attribute.path)], at: descriptor)
                }
            }
        }
    }

    private func interface(of attribute: RemoteAttribute, in service: ObjectPath) -> ExportedInterface {
        var properties: [String: DBusValue] = [
            "UUID": .string(attribute.id.characteristic.description), "Service": .objectPath(service), "Value": .bytes([]),
            "Flags": .strings(attribute.properties.flags),
            "MTU": .uint16(UInt16(clamping: attribute.device.link?.maximumTransmissionUnit ?? 23)),
        ]
        if attribute.canSend { properties["Notifying"] = .boolean(false) }
        if attribute.properties.contains(.notify) { properties["NotifyAcquired"] = .boolean(false) }
        if attribute.properties.contains(.writeWithoutResponse) { properties["WriteAcquired"] = .boolean(false) }
        let value = ExportedArgument("value", .bytes)
        let acquired = [ExportedArgument("fd", .unixFD), ExportedArgument("mtu", .uint16)]
        return ExportedInterface(
            Interface.characteristic,
            methods: [
                ExportedMethod("ReadValue", Self.options(), returns: [value]) { try await self.readValue($0) },
                ExportedMethod("WriteValue", Self.options(value)) { try await self.writeValue($0) },
                ExportedMethod("AcquireWrite", Self.options(), returns: acquired) { try await self.acquireWrite($0) },
                ExportedMethod("AcquireNotify", Self.options(), returns: acquired) { try await self.acquireNotify($0) },
                ExportedMethod("StartNotify") { try await self.startNotify($0) },
                ExportedMethod("StopNotify") { try await self.stopNotify($0) },
            ],
            properties: properties)
    }

    private func configuration(of characteristic: ObjectPath) -> ExportedInterface {
        let value = ExportedArgument("value", .bytes)
        return ExportedInterface(
            Interface.descriptor,
            methods: [
                ExportedMethod("ReadValue", Self.options(), returns: [value]) { try await self.readDescriptor($0) },
                ExportedMethod("WriteValue", Self.options(value)) { try await self.writeDescriptor($0) },
            ],
            properties: [
                "UUID": .string(RemoteTree.configuration.description), "Characteristic": .objectPath(characteristic), "Value": .bytes([]),
            ])
    }
}
