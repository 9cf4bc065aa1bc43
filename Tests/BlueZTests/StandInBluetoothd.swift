import BlueZ
import DBus
import EventLoop
import Foundation
import GATT
import Testing

/// As much of bluetoothd as a device that is served meets: it registers whatever comes, and tests play the centrals.
struct StandInBluetoothd: Sendable {
    static let adapterAddress = "02:00:00:00:00:01"
    static let central = path("/org/bluez/hci0/dev_C0_FF_EE_00_00_01")

    struct State: Sendable {
        var agent: ObjectPath?
        var capability: String?
        var isDefaultAgent = false
        var pairable: [Bool] = []
        /// Of the application, by UUID.
        var characteristics: [String: (path: ObjectPath, flags: [String], properties: [String: DBusValue])] = [:]
        var applications = 0
        /// What was registered, and with which properties; nil for an end.
        var advertisements: [[String: DBusValue]?] = []
        /// Registrations of advertisements are not answered until this is over.
        var isSlow = false
        var disconnects = 0
        /// What its next registrations of applications fail with.
        var refusal: DBusError?
    }

    let bus: DBusConnection
    /// The device's name on the bus, known once it registered.
    let client = WaitableState<String?>(nil)
    let state = WaitableState(State())

    static func path(_ text: String) -> ObjectPath { ObjectPath(text) ?? .root }
    private static let adapter = path("/org/bluez/hci0")
    private static let properties = "org.freedesktop.DBus.Properties"

    /// Takes the name org.bluez while `body` runs.
    static func with(_ address: DBusAddress, _ body: @concurrent @Sendable (StandInBluetoothd) async throws -> Void) async throws {
        try await DBusConnection.withConnection(to: address) { bus in
            let daemon = StandInBluetoothd(bus: bus)
            try await daemon.export()
            try await bus.requestName("org.bluez")
            try await body(daemon)
        }
    }

    private func export() async throws {
        await bus.exportObjectManager(at: .root)
        let path = ExportedArgument("path", .objectPath)
        let options = ExportedArgument("options", .properties)
        let capability = ExportedArgument("capability", .string)
        try await bus.export(
            [
                ExportedInterface(
                    "org.bluez.AgentManager1",
                    methods: [
                        ExportedMethod("RegisterAgent", [path, capability]) { call in
                            client.change { $0 = call.sender }
                            state.change {
                                $0.agent = call.arguments.first?.asPath
                                $0.capability = call.arguments.last?.asString
                            }
                            return []
                        },
                        ExportedMethod("RequestDefaultAgent", [path]) { _ in
                            state.change { $0.isDefaultAgent = true }
                            return []
                        },
                        ExportedMethod("UnregisterAgent", [path]) { _ in [] },
                    ])
            ], at: Self.path("/org/bluez"))
        try await bus.export(
            [
                ExportedInterface(
                    "org.bluez.Adapter1",
                    properties: [
                        "Address": .string(Self.adapterAddress), "AddressType": .string("public"), "Powered": .boolean(true),
                        "Pairable": .boolean(true),
                    ],
                    setters: ["Pairable": { value, _ in state.change { $0.pairable.append(value == .boolean(true)) } }]),
                ExportedInterface(
                    "org.bluez.GattManager1",
                    methods: [
                        ExportedMethod("RegisterApplication", [path, options]) { call in
                            if let refusal = state.read(\.refusal) { throw refusal }
                            try await learn(try call.arguments.argument(0, "a path", \.asPath), of: call.sender)
                            return []
                        },
                        ExportedMethod("UnregisterApplication", [path]) { _ in [] },
                    ]),
                ExportedInterface(
                    "org.bluez.LEAdvertisingManager1",
                    methods: [
                        ExportedMethod("RegisterAdvertisement", [path, options]) { call in
                            let path = try call.arguments.argument(0, "a path", \.asPath)
                            let answer = try await bus.call(
                                call.sender, path, Self.properties, "GetAll", [.string("org.bluez.LEAdvertisement1")], within: .seconds(300))
                            state.change { $0.advertisements.append(answer.first?.asProperties) }
                            try await state.when { $0.isSlow ? nil : () }
                            return []
                        },
                        ExportedMethod("UnregisterAdvertisement", [path]) { _ in
                            state.change { $0.advertisements.append(nil) }
                            return []
                        },
                    ]),
            ], at: Self.adapter)
    }

    private func learn(_ application: ObjectPath, of sender: String) async throws {
        let answer = try await bus.call(sender, application, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", within: .seconds(300))
        let found = try answer.argument(0, "objects", \.asEntries).compactMap { entry -> (String, ObjectPath, [String: DBusValue])? in
            guard let path = entry.key.asPath,
                let properties = entry.value.asEntries?.first(where: { $0.key.asString == "org.bluez.GattCharacteristic1" })?.value.asProperties,
                let uuid = properties["UUID"]?.asString
            else { return nil }
            return (uuid, path, properties)
        }
        state.change { state in
            for (uuid, path, properties) in found { state.characteristics[uuid] = (path, properties["Flags"]?.asStrings ?? [], properties) }
            state.applications += 1
        }
    }

    // MARK: What centrals do

    /// A central is there: connected, or gone again.
    func setConnected(_ isConnected: Bool, _ device: ObjectPath = central, bonded: Bool = false) async throws {
        if await bus.property("Connected", of: "org.bluez.Device1", at: device) == nil {
            let address = String(device.text.suffix(17)).replacing("_", with: ":")
            let properties: [String: DBusValue] = [
                "Adapter": .objectPath(Self.adapter), "Address": .string(address), "AddressType": .string("random"),
                "Connected": .boolean(isConnected), "Paired": .boolean(bonded), "Bonded": .boolean(bonded),
            ]
            try await bus.export(
                [
                    ExportedInterface(
                        "org.bluez.Device1",
                        methods: [
                            ExportedMethod("Disconnect") { _ in
                                state.change { $0.disconnects += 1 }
                                try await bus.setProperties(["Connected": .boolean(false)], of: "org.bluez.Device1", at: device)
                                return []
                            }
                        ], properties: properties)
                ], at: device)
        } else {
            try await bus.setProperties(["Connected": .boolean(isConnected)], of: "org.bluez.Device1", at: device)
        }
    }

    func setBonded(_ device: ObjectPath = central) async throws {
        try await bus.setProperties(["Paired": .boolean(true), "Bonded": .boolean(true)], of: "org.bluez.Device1", at: device)
    }

    /// Calls a characteristic of the device for a central.
    @discardableResult func ask(
        _ member: String, _ uuid: BluetoothUUID, _ arguments: [DBusValue] = [], options: [String: DBusValue]? = [:], mtu: UInt16 = 247,
        device: ObjectPath = central
    ) async throws -> [DBusValue] {
        let target = try #require(state.read { $0.characteristics[uuid.description] })
        let name = try #require(client.read { $0 })
        var all = arguments
        if let options {
            all.append(.properties(options.merging(["device": .objectPath(device), "mtu": .uint16(mtu)]) { given, _ in given }))
        }
        return try await bus.call(name, target.path, "org.bluez.GattCharacteristic1", member, all, within: .seconds(300))
    }

    /// Hands on a Write Command, as 5.66 does: without a type, and without wanting an answer.
    func command(_ uuid: BluetoothUUID, _ value: [UInt8]) async throws {
        let target = try #require(state.read { $0.characteristics[uuid.description] })
        let name = try #require(client.read { $0 })
        let options: [String: DBusValue] = ["device": .objectPath(Self.central), "mtu": .uint16(247), "link": .string("LE")]
        try await bus.tell(name, target.path, "org.bluez.GattCharacteristic1", "WriteValue", [.bytes(value), .properties(options)])
    }

    /// Asks the device's agent.
    func askAgent(_ member: String, _ arguments: [DBusValue]) async throws -> [DBusValue] {
        let agent = try #require(state.read(\.agent))
        let name = try #require(client.read { $0 })
        return try await bus.call(name, agent, "org.bluez.Agent1", member, arguments, within: .seconds(300))
    }
}
