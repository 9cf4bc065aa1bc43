internal import DBus
internal import EventLoop
internal import GATT

/// The objects that GattManager1.RegisterApplication is told of, and what bluetoothd asks them for its centrals.
struct ServedApplication: Sendable {
    let host: ServedHost
    let bus: DBusConnection
    /// Waits for room in sockets.
    let loop: EventLoopThread

    private var catalog: ServedCatalog { host.catalog }

    func export() async throws {
        await bus.exportObjectManager(at: catalog.root)
        do {
            for service in catalog.services {
                try await bus.export(
                    [
                        ExportedInterface(
                            Interface.service, properties: ["UUID": .string(service.uuid.description), "Primary": .boolean(true)])
                    ], at: service.path)
                for characteristic in service.characteristics {
                    try await bus.export([interface(of: characteristic, in: service.path)], at: characteristic.path)
                }
            }
        } catch {
            throw GATTError(error, .other, "Exporting the device's services")
        }
    }

    func unexport() async {
        for path in catalog.paths { await bus.unexport(path) }
    }

    private func interface(of characteristic: ServedCatalog.Characteristic, in service: ObjectPath) -> ExportedInterface {
        let id = characteristic.id
        let definition = characteristic.definition
        var properties: [String: DBusValue] = [
            "UUID": .string(id.characteristic.description), "Service": .objectPath(service), "Flags": .strings(characteristic.flags),
        ]
        // Its presence makes bluetoothd acquire. Not with indications, which AcquireNotify cannot carry, and WriteAcquired never: bluetoothd
        // reuses a buffer while AcquireWrite is under way.
        if definition.properties.contains(.notify) { properties["NotifyAcquired"] = .boolean(false) }
        let options = ExportedArgument("options", .properties)
        let value = ExportedArgument("value", .bytes)
        return ExportedInterface(
            Interface.characteristic,
            methods: [
                ExportedMethod("ReadValue", [options], returns: [value], order: .inOrder) { [.bytes(try await read(id, definition, $0))] },
                ExportedMethod("WriteValue", [value, options], order: .inOrder) { try await write(id, definition, $0) },
                ExportedMethod(
                    "AcquireNotify", [options], returns: [ExportedArgument("fd", .unixFD), ExportedArgument("mtu", .uint16)], order: .inOrder
                ) { try acquire(id, definition, $0) },
                ExportedMethod("StartNotify", order: .inOrder) { call in
                    try host.check(call)
                    host.set(.signals(confirmed: 0), for: id)
                    return []
                },
                ExportedMethod("StopNotify", order: .inOrder) { call in
                    try host.check(call)
                    host.set(nil, for: id)
                    return []
                },
                // Not in the order of the others: a service may indicate before it answers a write.
                ExportedMethod("Confirm") { call in
                    try host.check(call)
                    host.confirmed(id)
                    return []
                },
            ], properties: properties)
    }

    // MARK: What a central asks

    private func read(_ id: CharacteristicID, _ definition: CharacteristicDefinition, _ call: DBusMethodCall) async throws -> [UInt8] {
        let options = try GattCallOptions(call, at: 0)
        let link = try host.link(of: call, options)
        link.proved(definition.security)
        let value = try await answer { try await link.inOrder { try await $0.read(id, over: link) } }
        guard options.offset <= value.count else { throw DBusError(name: BlueZError.invalidOffset.name, message: "") }
        return Array(value.dropFirst(options.offset))
    }

    private func write(_ id: CharacteristicID, _ definition: CharacteristicDefinition, _ call: DBusMethodCall) async throws -> [DBusValue] {
        let options = try GattCallOptions(call, at: 1)
        let value = try call.arguments.argument(0, "bytes", \.asBytes)
        let link = try host.link(of: call, options)
        guard options.offset == 0 else { throw DBusError(name: BlueZError.invalidOffset.name, message: "") }
        if options.isCommand {
            // bluetoothd guards requests only.
            guard link.level >= definition.security else { throw DBusError(name: BlueZError.notAuthorized.name, message: "") }
        } else {
            link.proved(definition.security)
        }
        return try await answer {
            try await link.inOrder { try await $0.write(value, to: id, request: !options.isCommand, over: link) }
            return []
        }
    }

    private func acquire(_ id: CharacteristicID, _ definition: CharacteristicDefinition, _ call: DBusMethodCall) throws -> [DBusValue] {
        let options = try GattCallOptions(call, at: 0)
        let link = try host.link(of: call, options)
        link.proved(definition.security)
        var pair = try SeqpacketPair()
        guard let own = pair.takeFirst(), let other = pair.takeSecond() else { throw DBusError(name: BlueZError.failed.name, message: "") }
        let socket = NotifySocket(own, loop: loop)
        try socket.whenClosed { [host, weak socket] in
            if let socket { host.closed(socket, of: id) }
        }
        host.set(.socket(socket), for: id)
        return [.unixFD(DescriptorSlot(other)), .uint16(UInt16(clamping: link.maximumTransmissionUnit))]
    }

    /// Errors as bluetoothd turns them into ATT errors again (src/gatt-database.c of BlueZ 5.66, dbus_error_to_att_ecode).
    private func answer<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as ATTError {
            switch error {
            case .readNotPermitted, .writeNotPermitted: throw DBusError(name: BlueZError.notPermitted.name, message: "")
            case .invalidLength: throw DBusError(name: BlueZError.invalidValueLength.name, message: "")
            case .requestNotSupported: throw DBusError(name: BlueZError.notSupported.name, message: "")
            case .procedureInProgress: throw DBusError(name: BlueZError.inProgress.name, message: "")
            // Only 0x80 to 0x9F pass; without a number it is 0x80, which the profile has for "not subscribed" on such stacks.
            case let error where (0x80...0x9F).contains(error.code):
                throw DBusError(name: BlueZError.failed.name, message: "0x" + String(error.code, radix: 16))
            case .notSubscribed: throw DBusError(name: BlueZError.failed.name, message: "")
            default: throw DBusError(name: DBusError.failed, message: "")
            }
        }
    }
}

/// The options of a call to a characteristic.
struct GattCallOptions {
    /// The central.
    let device: ObjectPath?
    let mtu: Int?
    let offset: Int
    /// bluetoothd tells a Write Command from a request by nothing but that it wants no answer (5.66; other releases may name the type).
    let isCommand: Bool

    init(_ call: DBusMethodCall, at position: Int) throws(DBusError) {
        let options = try call.arguments.argument(position, "a dictionary", \.asProperties)
        device = options["device"]?.asPath
        mtu = options["mtu"]?.asInteger
        offset = options["offset"]?.asInteger ?? 0
        isCommand = !call.wantsAnswer || options["type"]?.asString == "command"
    }
}
