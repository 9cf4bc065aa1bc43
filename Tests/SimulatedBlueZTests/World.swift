import DBus
import Foundation
import GATT
import SimulatedBlueZ
import TestSupport

/// An echo device in front of a simulated org.bluez on a bus of its own, and a client of it.
struct World: Sendable {
    static let adapter = DeviceAddress(0x02_00_00_00_00_01, kind: .public)
    static let card = DeviceAddress(0xC0_FF_EE_00_00_01, kind: .random)
    static let path = ObjectPath.root.appending("org").appending("bluez").appending("hci0")
    static let device = path.appending("dev_C0_FF_EE_00_00_01")

    let bus: PrivateBus
    let host: SimulatedBlueZHost
    let service: EchoService
    let faults: LinkFaults
    let client: DBusConnection

    /// Times that a test does not have to wait for.
    static var quick: SimulatedSettings {
        var settings = SimulatedSettings()
        settings.advertisingInterval = .milliseconds(20)
        settings.disconnectDelay = .milliseconds(5)
        settings.disconnectLag = .zero
        settings.supervisionTimeout = .milliseconds(5)
        return settings
    }

    static func with(
        settings: SimulatedSettings = quick, maximumTransmissionUnit: Int = 247, _ body: @concurrent @Sendable @escaping (World) async throws -> Void
    ) async throws {
        try await PrivateBus.with { bus in
            try await with(bus, settings: settings, service: EchoService(), maximumTransmissionUnit: maximumTransmissionUnit, body)
        }
    }

    /// On a bus that is there already; the bonds are in its folder.
    static func with(
        _ bus: PrivateBus, settings: SimulatedSettings = quick, service: EchoService, maximumTransmissionUnit: Int = 247,
        _ body: @concurrent @Sendable @escaping (World) async throws -> Void
    ) async throws {
        let host = SimulatedBlueZHost(bus: bus.address, adapters: [adapter], stateFolder: bus.folder.path, settings: settings)
        let faults = LinkFaults(clock: ContinuousClock())
        host.place(service, at: card, maximumTransmissionUnit: maximumTransmissionUnit, faults: faults)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await host.run() } catch  where Task.isCancelled {}
            }
            group.addTask {
                try await host.untilReady()
                try await DBusConnection.withConnection(to: bus.address) { client in
                    try await body(World(bus: bus, host: host, service: service, faults: faults, client: client))
                }
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Runs `body` with another connection to the bus, as another process would have.
    func withOtherClient<R: Sendable>(_ body: @concurrent @Sendable (World) async throws -> R) async throws -> R {
        try await DBusConnection.withConnection(to: bus.address) { other in
            try await body(World(bus: bus, host: host, service: service, faults: faults, client: other))
        }
    }

    // MARK: Calls

    @discardableResult
    func call(_ member: String, of interface: String, at path: ObjectPath, _ arguments: [DBusValue] = []) async throws -> [DBusValue] {
        try await client.call("org.bluez", path, "org.bluez." + interface, member, arguments, within: .seconds(120))
    }

    @discardableResult
    func adapter(_ member: String, _ arguments: [DBusValue] = []) async throws -> [DBusValue] {
        try await call(member, of: "Adapter1", at: Self.path, arguments)
    }

    @discardableResult
    func device(_ member: String) async throws -> [DBusValue] { try await call(member, of: "Device1", at: Self.device) }

    @discardableResult
    func attribute(_ member: String, _ id: CharacteristicID, _ arguments: [DBusValue] = []) async throws -> [DBusValue] {
        try await call(member, of: "GattCharacteristic1", at: try await path(of: id), arguments)
    }

    func read(_ id: CharacteristicID) async throws -> [UInt8] {
        try await attribute("ReadValue", id, [.properties([:])]).argument(0, "bytes", \.asBytes)
    }

    func write(_ value: [UInt8], _ id: CharacteristicID, type: String = "request") async throws {
        try await attribute("WriteValue", id, [.bytes(value), .properties(["type": .string(type)])])
    }

    /// The error that a call ends in, as a client sees it.
    func refusal(_ body: () async throws -> Void) async throws -> String? {
        do {
            try await body()
            return nil
        } catch let error as DBusError {
            return error.description
        }
    }

    // MARK: Objects

    typealias Objects = [ObjectPath: [String: [String: DBusValue]]]

    func objects() async throws -> Objects {
        let answer = try await client.call(
            "org.bluez", .root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", within: .seconds(120))
        var objects: Objects = [:]
        for entry in try answer.argument(0, "objects", \.asEntries) {
            guard let path = entry.key.asPath else { continue }
            for interface in entry.value.asEntries ?? [] {
                guard let name = interface.key.asString else { continue }
                objects[path, default: [:]][name] = interface.value.asProperties
            }
        }
        return objects
    }

    func path(of id: CharacteristicID) async throws -> ObjectPath {
        let found = try await objects().first {
            $0.value["org.bluez.GattCharacteristic1"]?["UUID"]?.asString == id.characteristic.description
        }
        guard let found else { throw DBusError(name: DBusError.unknownObject, message: "no characteristic \(id)") }
        return found.key
    }

    func property(_ name: String, of interface: String, at path: ObjectPath) async throws -> DBusValue? {
        try await objects()[path]?["org.bluez." + interface]?[name]
    }

    /// Waits for objects that satisfy `condition`, looking again after every signal of org.bluez.
    @discardableResult
    func until(_ condition: @escaping @Sendable (Objects) -> Bool) async throws -> Objects {
        try await client.withSignals(matching: [MatchRule(sender: "org.bluez")], capacity: 4096) { signals in
            while true {
                let objects = try await objects()
                if condition(objects) { return objects }
                _ = try await signals.next()
            }
        }
    }

    /// Waits until the device has this property.
    func untilDevice(_ name: String, _ value: DBusValue) async throws {
        try await until { $0[Self.device]?["org.bluez.Device1"]?[name] == value }
    }

    /// Discovers the card, connects and resolves.
    func connect() async throws {
        try await adapter("StartDiscovery")
        try await until { $0[Self.device] != nil }
        try await adapter("StopDiscovery")
        try await device("Connect")
        try await untilDevice("ServicesResolved", .boolean(true))
    }

    /// Registers an agent that types this passkey, and runs `body`.
    ///
    /// - Parameter cancelled: of an agent that types nothing and waits: changed when it is told that the pairing is over.
    func withAgent(
        _ passkey: UInt32?, capability: String = "KeyboardDisplay", untilCancelled cancelled: WaitableState<Bool>? = nil,
        _ body: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let path = ObjectPath.root.appending("agent")
        try await client.export(
            [
                ExportedInterface(
                    "org.bluez.Agent1",
                    methods: [
                        ExportedMethod(
                            "RequestPasskey", [ExportedArgument("device", .objectPath)], returns: [ExportedArgument("passkey", .uint32)]
                        ) { call in
                            try await cancelled?.when { $0 ? () : nil }
                            guard let passkey, call.arguments == [.objectPath(Self.device)] else {
                                throw DBusError(name: "org.bluez.Error.Rejected", message: "")
                            }
                            return [.uint32(passkey)]
                        },
                        ExportedMethod("Cancel") { _ in
                            cancelled?.change { $0 = true }
                            return []
                        },
                    ])
            ], at: path)
        let manager = ObjectPath.root.appending("org").appending("bluez")
        try await call("RegisterAgent", of: "AgentManager1", at: manager, [.objectPath(path), .string(capability)])
        try await body()
        try await call("UnregisterAgent", of: "AgentManager1", at: manager, [.objectPath(path)])
        await client.unexport(path)
    }
}
