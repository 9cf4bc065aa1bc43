internal import DBus
internal import GATT

/// One simulated controller. Confined to `Bluetoothd`.
final class Adapter {
    /// A client's discovery: its filter stays after StopDiscovery until it clears it or leaves.
    struct Client {
        var filter: DiscoveryFilter?
        var isDiscovering = false
    }

    let address: DeviceAddress
    let path: ObjectPath
    var alias: String?
    var isPowered = true
    /// By rfkill.
    var isBlocked = false
    var discovery: [String: Client] = [:]
    /// Devices with an RSSI: heard in the discovery that runs.
    var found: Set<ObjectPath> = []

    init(address: DeviceAddress, path: ObjectPath) {
        self.address = address
        self.path = path
    }

    var isDiscovering: Bool { discovery.values.contains(where: \.isDiscovering) }
    /// nil: at least one client discovers without a filter, so everything counts.
    var filters: [DiscoveryFilter]? {
        let active = discovery.values.filter(\.isDiscovering).map(\.filter)
        return active.contains { $0 == nil } ? nil : active.compactMap { $0 }
    }

    /// Adapter1's properties at first.
    var properties: [String: DBusValue] {
        [
            "Address": .string(address.description), "AddressType": .string(address.kind.rawValue), "Name": .string("simulated"),
            "Alias": .string(alias ?? "simulated"), "Class": .uint32(0), "Powered": .boolean(isPowered), "Discoverable": .boolean(false),
            "DiscoverableTimeout": .uint32(180), "Pairable": .boolean(false), "PairableTimeout": .uint32(0),
            "Discovering": .boolean(isDiscovering),
            "UUIDs": .strings(["00001800-0000-1000-8000-00805f9b34fb", "00001801-0000-1000-8000-00805f9b34fb"]),
            "Modalias": .string("usb:v1D6Bp0246d0542"), "Roles": .strings(["central", "peripheral"]),
        ]
    }
}
