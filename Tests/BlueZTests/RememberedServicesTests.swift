import BlueZ
import DBus
import EventLoop
import GATT
import TestSupport
import Testing

/// UUIDs of a device are what bluetoothd found on its last link, not what is in the air.
@Suite(.timeLimit(.minutes(10))) struct RememberedServicesTests {
    private static let service = BluetoothUUID(0xFEED)
    private static let other = BluetoothUUID(0xBEEF)

    /// Plays a bluetoothd that has heard these devices: address, bonded, UUIDs.
    private static func play(_ devices: [(String, Bool, [BluetoothUUID])], on bus: DBusConnection) async throws {
        let adapter = StandInBluetoothd.path("/org/bluez/hci0")
        await bus.exportObjectManager(at: .root)
        try await bus.export(
            [
                ExportedInterface(
                    "org.bluez.Adapter1",
                    methods: [
                        ExportedMethod("SetDiscoveryFilter", [ExportedArgument("filter", .properties)]) { _ in [] },
                        ExportedMethod("StartDiscovery") { _ in [] }, ExportedMethod("StopDiscovery") { _ in [] },
                    ],
                    properties: ["Address": .string(BlueZWorld.adapter.description), "AddressType": .string("public"), "Powered": .boolean(true)])
            ], at: adapter)
        for (address, isBonded, services) in devices {
            try await bus.export(
                [
                    ExportedInterface(
                        "org.bluez.Device1",
                        properties: [
                            "Adapter": .objectPath(adapter), "Address": .string(address), "AddressType": .string("random"),
                            "Connected": .boolean(false), "Paired": .boolean(isBonded), "Bonded": .boolean(isBonded), "RSSI": .int16(-50),
                            "UUIDs": .strings(services.map(\.description)),
                        ])
                ], at: StandInBluetoothd.path("/org/bluez/hci0/dev_" + address.replacing(":", with: "_")))
        }
        try await bus.requestName("org.bluez")
    }

    @Test(arguments: [[], [other], [other, service]]) func aBondedDeviceIsHeardWhateverItsLastLinkFound(_ services: [BluetoothUUID]) async throws {
        try await PrivateBus.with { bus in
            try await DBusConnection.withConnection(to: bus.address) { daemon in
                try await Self.play(
                    [("C0:FF:EE:00:00:02", false, [Self.other]), (BlueZWorld.card.description, true, services)], on: daemon)
                try await DBusConnection.withConnection(to: bus.address) { connection in
                    let central = BlueZCentral(bus: connection, receive: try ReceiveLoop())
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await central.run() }
                        let heard = try await central.withDiscovery(of: [Self.service], on: BlueZWorld.adapter) { try await $0.next() }
                        #expect(heard.peer == BlueZWorld.card && heard.isBonded)
                        group.cancelAll()
                    }
                }
            }
        }
    }
}
