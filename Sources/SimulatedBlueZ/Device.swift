internal import DBus
internal import GATT

/// What bluetoothd knows of one device on one adapter. Confined to `Bluetoothd`.
final class Device {
    /// A Connect that waits until the device is heard.
    struct Attempt {
        let continuation: CheckedContinuation<Bool, Never>
        let deadline: Duration
    }

    /// A Pair under way.
    struct Pairing {
        let requester: String
        let isCancelled = WaitableState(false)
    }

    /// Changes when a pairing tells the identity behind a private address; the path does not.
    private(set) var address: DeviceAddress
    let adapter: ObjectPath
    let path: ObjectPath

    var name: String?
    var alias: String?
    var rssi: Int16?
    var manufacturerData: [UInt16: [UInt8]] = [:]
    /// From advertisements; `tree` counts once services were resolved.
    var advertised: [BluetoothUUID] = []
    var isTrusted = false
    var isBlocked = false
    /// Goes away when it was not heard for a while: nobody connected to it or paired with it yet.
    var isTemporary = true
    var lastHeard: Duration
    /// Was removed while a call about it waited.
    var isGone = false

    var bond: BondTable.CentralBond?
    var attempt: Attempt?
    /// Whether the last attempt ended because a client wanted it to.
    var wasCanceled = false
    var pairing: Pairing?
    var link: Link?
    var isDisconnecting = false
    /// When the last link that a client ended was over.
    var disconnectedAt: Duration?
    var isResolved = false
    /// Kept after the link's end: bluetoothd caches what it discovered.
    var tree: RemoteTree?
    /// Resumed when services are resolved (true) or the link ended first (false).
    var resolution: [CheckedContinuation<Bool, Never>] = []
    /// Resumed when the link has ended and everybody was told.
    var disconnection: [CheckedContinuation<Void, Never>] = []
    var hasBattery = false

    init(_ address: DeviceAddress, on adapter: ObjectPath, heard: Duration) {
        self.address = address
        self.adapter = adapter
        path = adapter.appending("dev_" + address.description)
        lastHeard = heard
    }

    /// What its properties then say anew.
    func resolve(to identity: DeviceAddress) -> [String: DBusValue] {
        guard identity != address else { return [:] }
        address = identity
        return ["Address": .string(identity.description), "AddressType": .string(identity.kind.rawValue)]
    }

    var shownAlias: String { alias ?? name ?? String(address.description.map { $0 == ":" ? "-" : $0 }) }

    var uuids: [String] { tree.flatMap { isResolved ? $0.uuids : nil } ?? advertised.map(\.description) }

    var manufacturerDataValue: DBusValue {
        let entries = manufacturerData.sorted { $0.key < $1.key }.map { DBusEntry(.uint16($0.key), .variant(.bytes($0.value))) }
        return .dictionary(key: .uint16, value: .variant, entries)
    }

    /// Device1's properties; what is not known is absent.
    var properties: [String: DBusValue] {
        var properties: [String: DBusValue] = [
            "Address": .string(address.description), "AddressType": .string(address.kind.rawValue), "Alias": .string(shownAlias),
            "Paired": .boolean(bond != nil), "Bonded": .boolean(bond != nil), "Trusted": .boolean(isTrusted), "Blocked": .boolean(isBlocked),
            "LegacyPairing": .boolean(false), "Connected": .boolean(link != nil), "UUIDs": .strings(uuids), "Adapter": .objectPath(adapter),
            "ServicesResolved": .boolean(isResolved),
        ]
        if let name { properties["Name"] = .string(name) }
        if let rssi { properties["RSSI"] = .int16(rssi) }
        if !manufacturerData.isEmpty { properties["ManufacturerData"] = manufacturerDataValue }
        return properties
    }
}
