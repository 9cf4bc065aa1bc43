internal import Bytes
internal import DBus
internal import GATT

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
        if let value = changed["ServicesResolved"]?.asBoolean {
            isResolved = value
            // See `HostTree.change`.
            if value, changed["Connected"]?.asBoolean != false { isConnected = true }
        }
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
