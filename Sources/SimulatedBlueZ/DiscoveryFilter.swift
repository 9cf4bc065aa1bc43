internal import DBus
internal import GATT

/// What a client set by SetDiscoveryFilter. An empty dictionary is no filter.
struct DiscoveryFilter: Sendable {
    static let names = ["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"]

    private var services: Set<BluetoothUUID> = []
    private var minimumRSSI: Int?
    private var pattern: String?
    private(set) var wantsDuplicates = false

    /// - Returns: nil where bluetoothd answers InvalidArguments.
    init?(_ properties: [String: DBusValue]) {
        for (name, value) in properties {
            guard read(name, value) else { return nil }
        }
        if minimumRSSI != nil, properties["Pathloss"] != nil { return nil }
    }

    private mutating func read(_ name: String, _ value: DBusValue) -> Bool {
        switch (name, value) {
        case ("UUIDs", _):
            guard let texts = value.asStrings else { return false }
            let read = texts.map(Self.uuid)
            services = Set(read.compactMap { $0 })
            return !read.contains(nil)
        case ("RSSI", .int16(let least)):
            minimumRSSI = Int(least)
            return (-127...20).contains(least)
        case ("Pathloss", .uint16(let most)): return most <= 137
        case ("Transport", .string(let transport)): return ["auto", "bredr", "le"].contains(transport)
        case ("DuplicateData", .boolean(let wanted)):
            wantsDuplicates = wanted
            return true
        case ("Discoverable", .boolean): return true
        case ("Pattern", .string(let prefix)):
            pattern = prefix
            return true
        default: return false
        }
    }

    /// Four digits, or the whole form.
    private static func uuid(_ text: String) -> BluetoothUUID? {
        if text.utf8.count == 4, let short = UInt16(text, radix: 16) { return BluetoothUUID(short) }
        return BluetoothUUID(text)
    }

    /// Whether this client wants to hear of the device.
    func matches(_ data: AdvertisingData, address: DeviceAddress, rssi: Int) -> Bool {
        if !services.isEmpty, services.isDisjoint(with: data.services) { return false }
        if let minimumRSSI, rssi < minimumRSSI { return false }
        guard let pattern, !pattern.isEmpty else { return true }
        return address.description.hasPrefix(pattern) || data.name?.hasPrefix(pattern) == true
    }
}
