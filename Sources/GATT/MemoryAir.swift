internal import Bytes

/// Everything that the in-memory radio knows, as one value.
struct MemoryAir: Sendable {
    struct Adapter: Sendable {
        var info: AdapterInfo
        /// How many links it can hold at a time.
        let slots: Int
        var discovery: Discovery?
        var isConnecting = false
        var bonds: [DeviceAddress: Bond] = [:]
    }

    struct Discovery: Sendable {
        let services: Set<BluetoothUUID>
        let stream: AdvertisementStream
    }

    struct Device: Sendable {
        let service: any LocalService
        let maximumTransmissionUnit: Int
        let faults: LinkFaults
        var isWatched = false
        var isInRange = true
        /// What it advertises when it has no link.
        var advertising: AdvertisingData?
        var link: MemoryLink?
        /// By central, with what is remembered with a bond.
        var bonds: [DeviceAddress: Bond] = [:]
    }

    /// One side's half of a bond. Both halves hold the same key, or the bond is one-sided.
    struct Bond: Sendable {
        let key: UInt64
        let method: PairingMethod
        /// The central's side: made anew by another program of this host.
        var isForeign = false
        /// The device's side: CCCDs that were left set (Core 5.4, Vol 3, Part G, 3.3.3.3).
        var subscriptions: Set<CharacteristicID> = []

        var level: AttributeSecurity { method.isAuthenticated ? .authenticated : .encrypted }
    }

    /// In the order in which they were added, so that a history does not depend on hashing.
    var adapters: [Adapter] = []
    var devices: [(address: DeviceAddress, device: Device)] = []
    var nextNumber: UInt64 = 0

    mutating func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    func adapterIndex(_ address: DeviceAddress) throws -> Int {
        guard let index = adapters.firstIndex(where: { $0.info.address == address }) else {
            throw GATTError(.adapterUnavailable, "There is no adapter \(address).")
        }
        return index
    }

    func poweredAdapterIndex(_ address: DeviceAddress) throws -> Int {
        let index = try adapterIndex(address)
        guard adapters[index].info.isPowered else { throw GATTError(.adapterUnavailable, "Adapter \(address) is switched off.") }
        return index
    }

    func deviceIndex(_ address: DeviceAddress) -> Int? {
        devices.firstIndex { $0.address == address }
    }

    /// Open links whose central is the adapter.
    func links(of adapter: DeviceAddress) -> [MemoryLink] {
        devices.compactMap { entry in entry.device.link.flatMap { $0.central == adapter ? $0 : nil } }
    }

    /// What the adapter hears of the device now; nil when it hears nothing, or nothing that it looks for.
    func heard(_ position: Int, by adapter: Int) -> Advertisement? {
        let (address, device) = devices[position]
        guard device.isInRange, device.link == nil, let data = device.advertising, adapters[adapter].info.isPowered,
            let wanted = adapters[adapter].discovery?.services, wanted.isEmpty || !wanted.isDisjoint(with: data.services)
        else { return nil }
        return Advertisement(
            adapter: adapters[adapter].info.address, peer: address, rssi: -50, services: Set(data.services),
            manufacturerData: data.manufacturerData, name: data.name.map { ForeignText($0) }, isBonded: adapters[adapter].bonds[address] != nil)
    }

    /// Lets every running discovery hear the device.
    func announce(_ position: Int) {
        for adapter in adapters.indices {
            if let advertisement = heard(position, by: adapter) { adapters[adapter].discovery?.stream.put(advertisement) }
        }
    }
}
