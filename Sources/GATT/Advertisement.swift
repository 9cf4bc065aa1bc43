package import Bytes

/// One local radio as its host reports it.
package struct AdapterInfo: Hashable, Sendable {
    /// Names the adapter for as long as it exists, under whatever hciN it comes back.
    package let address: DeviceAddress
    /// What the host calls it today (hci0).
    package let name: String
    package let isPowered: Bool

    package init(address: DeviceAddress, name: String, isPowered: Bool) {
        self.address = address
        self.name = name
        self.isPowered = isPowered
    }
}

/// What an adapter heard of one device. Not authenticated: a hint, never a proof.
package struct Advertisement: Sendable, Equatable {
    package let adapter: DeviceAddress
    /// The identity address where the host could resolve it (a bonded peer), else the address on the air.
    package let peer: DeviceAddress
    /// Received signal strength in dBm; nil where the host left it out.
    package let rssi: Int?
    package let services: Set<BluetoothUUID>
    /// Manufacturer specific data by company identifier.
    package let manufacturerData: [UInt16: [UInt8]]
    package let name: ForeignText?
    /// Whether the host holds a bond with this peer.
    package let isBonded: Bool

    package init(
        adapter: DeviceAddress, peer: DeviceAddress, rssi: Int?, services: Set<BluetoothUUID>, manufacturerData: [UInt16: [UInt8]],
        name: ForeignText?, isBonded: Bool
    ) {
        self.adapter = adapter
        self.peer = peer
        self.rssi = rssi
        self.services = services
        self.manufacturerData = manufacturerData
        self.name = name
        self.isBonded = isBonded
    }

    /// The same with this service.
    package func offering(_ service: BluetoothUUID) -> Advertisement {
        Advertisement(
            adapter: adapter, peer: peer, rssi: rssi, services: services.union([service]), manufacturerData: manufacturerData, name: name,
            isBonded: isBonded)
    }

    /// Whether the peer says the same, however well it was heard.
    package func saysTheSame(as other: Advertisement) -> Bool {
        (adapter, peer, services, manufacturerData, name, isBonded)
            == (other.adapter, other.peer, other.services, other.manufacturerData, other.name, other.isBonded)
    }
}
