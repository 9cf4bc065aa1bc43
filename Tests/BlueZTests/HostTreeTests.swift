import DBus
import EventLoop
import GATT
import Testing

@testable import BlueZ

/// What signals make of the tree, without a bus, and the sockets of commands.
@Suite struct HostTreeTests {
    private static let adapter = ObjectPath.root.appending("org").appending("bluez").appending("hci0")
    private static let card = DeviceAddress(0xC0_FF_EE_00_00_01, kind: .random)

    private static func added(_ path: ObjectPath, _ interface: String, _ properties: [String: DBusValue]) throws -> DBusSignal {
        let type = try #require(DBusSignature("a{sv}"))
        return signal(
            .root, Interface.objectManager, "InterfacesAdded",
            [.objectPath(path), .dictionary(key: .string, value: type, [DBusEntry(.string(interface), .properties(properties))])])
    }

    private static func changed(_ path: ObjectPath, _ interface: String, _ properties: [String: DBusValue], _ gone: [String] = []) -> DBusSignal {
        signal(path, Interface.properties, "PropertiesChanged", [.string(interface), .properties(properties), .strings(gone)])
    }

    private static func signal(_ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue]) -> DBusSignal {
        DBusSignal(sender: ":1.1", path: path, interface: interface, member: member, arguments: arguments)
    }

    private static func device(_ address: String, _ more: [String: DBusValue] = [:]) -> [String: DBusValue] {
        more.merging(["Adapter": .objectPath(adapter), "Address": .string(address), "AddressType": .string("random")]) { $1 }
    }

    @Test func aDeviceNeedsLittle() throws {
        var tree = HostTree()
        let path = Self.adapter.appending("dev_1")
        #expect(tree.apply(try Self.added(path, Interface.device, Self.device("C0:FF:EE:00:00:01"))) == HostTree.Change())
        let device = try #require(tree.devices[path])
        #expect(device.address == Self.card)
        #expect(device.rssi == nil && device.services.isEmpty && !device.isBonded && !device.isConnected)
        #expect(tree.apply(Self.changed(path, Interface.device, ["RSSI": .int16(-70)])).heard == path)
        #expect(tree.devices[path]?.rssi == -70)
        _ = tree.apply(Self.changed(path, Interface.device, [:], ["RSSI"]))
        #expect(tree.devices[path]?.rssi == nil)
    }

    @Test func resolvedServicesProveALink() throws {
        var tree = HostTree()
        let path = Self.adapter.appending("dev_1")
        _ = tree.apply(try Self.added(path, Interface.device, Self.device("C0:FF:EE:00:00:01")))
        #expect(tree.apply(Self.changed(path, Interface.device, ["ServicesResolved": .boolean(true)])).linked == path)
        #expect(tree.devices[path]?.isConnected == true)
        let end = Self.changed(path, Interface.device, ["Connected": .boolean(false), "ServicesResolved": .boolean(false)])
        #expect(tree.apply(end).unlinked == path)
        #expect(tree.devices[path]?.isConnected == false)
    }

    @Test func valuesOfOtherTypesAreNotTaken() throws {
        var tree = HostTree()
        let path = Self.adapter.appending("dev_1")
        _ = tree.apply(
            try Self.added(
                path, Interface.device,
                Self.device(
                    "C0:FF:EE:00:00:01", ["RSSI": .string("loud"), "UUIDs": .uint32(1), "Connected": .int16(1), "ManufacturerData": .bytes([1])])))
        let device = try #require(tree.devices[path])
        #expect(device.rssi == nil && device.services.isEmpty && !device.isConnected && device.manufacturerData.isEmpty)
        for broken in [["Address": DBusValue.string("nonsense")], ["Adapter": .string("/")]] {
            let properties = Self.device("C0:FF:EE:00:00:02").merging(broken) { $1 }
            _ = tree.apply(try Self.added(Self.adapter.appending("dev_2"), Interface.device, properties))
        }
        #expect(tree.devices.count == 1)
        #expect(tree.apply(Self.signal(.root, Interface.objectManager, "InterfacesAdded", [.uint32(1)])) == HostTree.Change())
    }

    @Test func aResolvedAddressIsFoundByBothNames() throws {
        var tree = HostTree()
        let path = Self.adapter.appending("dev_1")
        _ = tree.apply(try Self.added(path, Interface.device, Self.device("4A:00:00:00:00:01")))
        _ = tree.apply(Self.changed(path, Interface.device, ["Address": .string("C0:FF:EE:00:00:01"), "AddressType": .string("random")]))
        #expect(tree.device(Self.card, on: Self.adapter)?.path == path)
        #expect(tree.device(DeviceAddress(0x4A_00_00_00_00_01, kind: .random), on: Self.adapter)?.path == path)
        #expect(tree.device(DeviceAddress(0xC0_FF_EE_00_00_01, kind: .public), on: Self.adapter) == nil)
    }

    @Test func linksComeAndGo() throws {
        var tree = HostTree()
        let path = Self.adapter.appending("dev_1")
        _ = tree.apply(try Self.added(path, Interface.device, Self.device("C0:FF:EE:00:00:01")))
        #expect(tree.apply(Self.changed(path, Interface.device, ["Connected": .boolean(true)])).linked == path)
        #expect(tree.apply(Self.changed(path, Interface.device, ["Connected": .boolean(false)])).unlinked == path)
        let removed = Self.signal(.root, Interface.objectManager, "InterfacesRemoved", [.objectPath(path), .strings([Interface.device])])
        #expect(tree.apply(removed).unlinked == path)
        #expect(tree.devices.isEmpty)
        #expect(tree.apply(Self.changed(path, Interface.device, ["Connected": .boolean(true)])) == HostTree.Change())
    }

    @Test func strangersAreBounded() throws {
        var tree = HostTree()
        for number in 0..<(HostTree.mostDevices + 10) {
            let address = DeviceAddress(UInt64(number), kind: .random)
            _ = tree.apply(try Self.added(Self.adapter.appending("dev_\(number)"), Interface.device, Self.device("\(address)")))
        }
        #expect(tree.devices.count == HostTree.mostDevices)
        #expect(tree.ignored == 10)
    }

    private static func entry(_ path: ObjectPath, _ interface: String, _ properties: [String: DBusValue]) throws -> DBusEntry {
        let type = try #require(DBusSignature("a{sv}"))
        return DBusEntry(
            .objectPath(path), .dictionary(key: .string, value: type, [DBusEntry(.string(interface), .properties(properties))]))
    }

    private static func service(of device: ObjectPath, _ number: Int) -> (path: ObjectPath, id: BluetoothUUID) {
        (device.appending("service\(number)"), BluetoothUUID(UInt16(number)))
    }

    /// A service with one characteristic each.
    private static func attributes(of device: ObjectPath, _ count: Int) throws -> [DBusEntry] {
        try (1...count).flatMap { number in
            let (service, id) = service(of: device, number)
            return [
                try entry(
                    service.appending("char1"), Interface.characteristic,
                    ["UUID": .string("\(id)"), "Service": .objectPath(service), "Flags": .strings(["read"])]),
                try entry(service, Interface.service, ["UUID": .string("\(id)"), "Device": .objectPath(device)]),
            ]
        }
    }

    /// A device may have as many attributes as it has handles, and bluetoothd tells them in any order.
    @Test(arguments: [false, true]) func aDeviceWithTooMuchCostsNoOtherItsOwn(hostileIsFirst: Bool) throws {
        let (hostile, card) = (Self.adapter.appending("dev_1"), Self.adapter.appending("dev_2"))
        let crowd = try Self.attributes(of: hostile, 20_000)
        let few = try Self.attributes(of: card, 5)
        let devices = [
            try Self.entry(hostile, Interface.device, Self.device("C0:FF:EE:00:00:01")),
            try Self.entry(card, Interface.device, Self.device("C0:FF:EE:00:00:02")),
        ]
        var tree = HostTree((hostileIsFirst ? crowd + few : few + crowd) + devices)
        for number in 1...5 {
            let id = Self.service(of: card, number).id
            #expect(tree.characteristic(CharacteristicID(service: id, characteristic: id), of: card) != nil)
        }
        #expect(tree.services(of: card).count == 5)
        #expect(tree.services(of: hostile).count == HostAttributes.most)
        #expect(tree.cut == [hostile])
        #expect(tree.ignored == 0)

        // What goes makes room, and the device is named once.
        let (service, id) = Self.service(of: card, 6)
        let more = try Self.added(service, Interface.service, ["UUID": .string("\(id)"), "Device": .objectPath(card)])
        #expect(tree.apply(more) == HostTree.Change())
        #expect(tree.services(of: card).contains(id))
        let gone = Self.signal(.root, Interface.objectManager, "InterfacesRemoved", [.objectPath(hostile), .strings([Interface.device])])
        _ = tree.apply(gone)
        #expect(tree.cut.isEmpty && tree.services(of: hostile).isEmpty)
    }

    @Test func aDeviceThatGrowsBeyondItsRoomIsNamedOnce() throws {
        var tree = HostTree()
        let device = Self.adapter.appending("dev_1")
        _ = tree.apply(try Self.added(device, Interface.device, Self.device("C0:FF:EE:00:00:01")))
        let named = try (1...(HostAttributes.most + 2)).compactMap { number in
            let (service, id) = Self.service(of: device, number)
            return tree.apply(try Self.added(service, Interface.service, ["UUID": .string("\(id)"), "Device": .objectPath(device)])).cut
        }
        #expect(named == [device])
        #expect(tree.services(of: device).count == HostAttributes.most)
        // One that is there already is told anew.
        let (service, _) = Self.service(of: device, 1)
        let anew = BluetoothUUID(0xF00D)
        _ = tree.apply(try Self.added(service, Interface.service, ["UUID": .string("\(anew)"), "Device": .objectPath(device)]))
        #expect(tree.services(of: device).contains(anew))
    }

    @Test func aFullSocketOverflowsAndAClosedOneIsDisconnected() throws {
        var pair = try SeqpacketPair()
        guard let first = pair.takeFirst() else { throw SystemError(code: 0, call: "socketpair") }
        let socket = CommandSocket(first, maximumTransmissionUnit: 247)
        let error = #expect(throws: GATTError.self) {
            for _ in 0..<100_000 { try socket.send(Array(repeating: 1, count: 244), to: Self.card) }
        }
        #expect(error?.code == .overflow)
        do { _ = pair.takeSecond() }
        #expect(throws: GATTError.self) { try socket.send([1], to: Self.card) }
        let closed = #expect(throws: GATTError.self) { try socket.send([1], to: Self.card) }
        #expect(closed?.code == .disconnected)
    }
}
