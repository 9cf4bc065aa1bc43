internal import Bytes
internal import DBus
internal import GATT

/// Names of the interfaces of org.bluez and those that carry them.
enum Interface {
    static let adapter = "org.bluez.Adapter1"
    static let device = "org.bluez.Device1"
    static let service = "org.bluez.GattService1"
    static let characteristic = "org.bluez.GattCharacteristic1"
    static let agentManager = "org.bluez.AgentManager1"
    static let agent = "org.bluez.Agent1"
    static let objectManager = "org.freedesktop.DBus.ObjectManager"
    static let properties = "org.freedesktop.DBus.Properties"
}

/// An adapter as its properties tell it.
struct HostAdapter: Sendable, Equatable {
    let path: ObjectPath
    let address: DeviceAddress
    var isPowered: Bool

    /// - Returns: nil without an address: then nothing can name it.
    init?(_ path: ObjectPath, _ properties: [String: DBusValue]) {
        guard let address = properties.deviceAddress(else: nil) else { return nil }
        self.path = path
        self.address = address
        isPowered = properties["Powered"]?.asBoolean ?? false
    }

    var info: AdapterInfo {
        AdapterInfo(address: address, name: path.text.split(separator: "/").last.map(String.init) ?? path.text, isPowered: isPowered)
    }
}

/// A device as its properties tell it. bluetoothd leaves out what it does not know.
struct HostDevice: Sendable, Equatable {
    /// More than this of one device is cut: nobody here needs it.
    private static let mostServices = 128
    private static let mostManufacturers = 32

    let adapter: ObjectPath
    /// Changes when a private address is resolved by pairing; the path does not.
    private(set) var address: DeviceAddress
    /// The address that it was heard with before that: whoever began the pairing knows only this one.
    private(set) var formerAddress: DeviceAddress?
    /// nil unless it was heard in a discovery that still runs.
    private(set) var rssi: Int?
    private(set) var services: Set<BluetoothUUID> = []
    private(set) var manufacturerData: [UInt16: [UInt8]] = [:]
    private(set) var name: ForeignText?
    private(set) var isPaired = false
    /// nil before BlueZ 5.66.
    private(set) var bonded: Bool?
    private(set) var isConnected = false
    private(set) var isResolved = false

    init?(_ properties: [String: DBusValue]) {
        guard let adapter = properties["Adapter"]?.asPath, let address = properties.deviceAddress(else: nil) else { return nil }
        self.adapter = adapter
        self.address = address
        change(properties, invalidated: [])
    }

    var isBonded: Bool { bonded ?? isPaired }

    mutating func change(_ changed: [String: DBusValue], invalidated: [String]) {
        for name in invalidated { forget(name) }
        if let current = changed.deviceAddress(else: address), current != address {
            formerAddress = address
            address = current
        }
        if let value = changed["RSSI"]?.asInteger { rssi = value }
        if let value = changed["UUIDs"]?.asStrings { services = Set(value.lazy.compactMap { BluetoothUUID($0) }.prefix(Self.mostServices)) }
        if let value = changed["ManufacturerData"]?.asEntries { manufacturerData = Self.manufacturerData(value) }
        if let value = changed["Name"]?.asString { name = ForeignText(value) }
        if let value = changed["Paired"]?.asBoolean { isPaired = value }
        if let value = changed["Bonded"]?.asBoolean { bonded = value }
        if let value = changed["Connected"]?.asBoolean { isConnected = value }
        if let value = changed["ServicesResolved"]?.asBoolean { isResolved = value }
    }

    private mutating func forget(_ name: String) {
        switch name {
        case "RSSI": rssi = nil
        case "UUIDs": services = []
        case "ManufacturerData": manufacturerData = [:]
        case "Name": self.name = nil
        default: break
        }
    }

    private static func manufacturerData(_ entries: [DBusEntry]) -> [UInt16: [UInt8]] {
        var data: [UInt16: [UInt8]] = [:]
        for entry in entries.prefix(mostManufacturers) {
            guard case .uint16(let company) = entry.key, let bytes = entry.value.asBytes else { continue }
            data[company] = bytes
        }
        return data
    }

    func advertisement(to adapter: DeviceAddress) -> Advertisement {
        Advertisement(
            adapter: adapter, peer: address, rssi: rssi, services: services, manufacturerData: manufacturerData, name: name, isBonded: isBonded)
    }
}

/// A characteristic of a device, with where to call it.
struct HostCharacteristic: Sendable, Equatable {
    let path: ObjectPath
    let service: ObjectPath
    let uuid: BluetoothUUID
    private let flags: Set<String>

    init?(_ path: ObjectPath, _ properties: [String: DBusValue]) {
        guard let service = properties["Service"]?.asPath, let uuid = properties["UUID"]?.asString.flatMap({ BluetoothUUID($0) }) else { return nil }
        self.path = path
        self.service = service
        self.uuid = uuid
        flags = Set(properties["Flags"]?.asStrings ?? [])
    }

    var notifies: Bool { flags.contains("notify") }
    var indicates: Bool { flags.contains("indicate") }
    var takesCommands: Bool { flags.contains("write-without-response") }
}

extension [String: DBusValue] {
    /// `Address` with `AddressType`; an address without a type is public, one that is not there is `other`.
    fileprivate func deviceAddress(else other: DeviceAddress?) -> DeviceAddress? {
        let kind = self["AddressType"]?.asString.flatMap(DeviceAddress.Kind.init(rawValue:))
        guard let text = self["Address"]?.asString else {
            guard let other, let kind else { return other }
            return DeviceAddress(other.bits, kind: kind)
        }
        return DeviceAddress(text, kind: kind ?? other?.kind ?? .public)
    }
}
