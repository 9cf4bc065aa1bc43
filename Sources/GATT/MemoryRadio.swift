/// A Bluetooth LE host and the air around it, in memory: joins `LocalService` devices with the `Central` side.
///
/// Adapters and devices are added, then `run()` watches what the devices advertise; everything else runs in the tasks of its
/// callers. Time comes from the clock alone, and no task is started outside a task group, so that a world on one
/// simulated executor is deterministic.
package final class MemoryRadio: Sendable {
    /// What a controller of an ordinary dongle holds.
    package static let linkSlots = 7
    /// ATT_MTU that this host offers; BlueZ's own default.
    package static let maximumTransmissionUnit = 517

    let air = WaitableState(MemoryAir())
    let clock: any Clock<Duration>
    let advertisingInterval: Duration

    /// - Parameter advertisingInterval: how often a scanning adapter hears a device that has nothing new to say.
    package init(clock: any Clock<Duration>, advertisingInterval: Duration = .seconds(1)) {
        self.clock = clock
        self.advertisingInterval = advertisingInterval
    }

    /// Adds a powered adapter.
    package func addAdapter(_ address: DeviceAddress, name: String = "hci0", slots: Int = MemoryRadio.linkSlots) {
        air.change { $0.adapters.append(.init(info: AdapterInfo(address: address, name: name, isPowered: true), slots: slots)) }
    }

    /// Adds a device in range. It is heard once `run()` has asked what it advertises.
    ///
    /// - Parameter maximumTransmissionUnit: what the device offers; the lower of both sides counts.
    package func addDevice(
        _ service: any LocalService, at address: DeviceAddress, maximumTransmissionUnit: Int = 247, faults: LinkFaults? = nil
    ) {
        let faults = faults ?? LinkFaults(clock: clock)
        air.change {
            $0.devices.append((address, .init(service: service, maximumTransmissionUnit: maximumTransmissionUnit, faults: faults)))
        }
    }

    /// Watches the advertising of all devices, until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while let (address, service) = try? await air.when({ $0.nextUnwatched() }) {
                group.addTask { await self.watch(service, at: address) }
            }
            group.cancelAll()
        }
    }

    private func watch(_ service: any LocalService, at address: DeviceAddress) async {
        while !Task.isCancelled {
            let data = await service.advertising()
            air.change { air in
                guard let position = air.deviceIndex(address) else { return }
                air.devices[position].device.advertising = data
                air.announce(position)
            }
            await service.advertisingChanged()
        }
    }

    /// Carries a device out of range (its link is lost, it is not heard) or back.
    package func setInRange(_ isInRange: Bool, device address: DeviceAddress) {
        let link = air.change { air -> MemoryLink? in
            guard let position = air.deviceIndex(address) else { return nil }
            air.devices[position].device.isInRange = isInRange
            if isInRange { air.announce(position) }
            return isInRange ? nil : air.devices[position].device.link
        }
        link?.end(GATTError(.disconnected, "The link to \(address) was lost: supervision timeout."))
    }

    /// Switches an adapter on, or off: links and discovery end.
    package func setPowered(_ isPowered: Bool, adapter address: DeviceAddress) {
        let error = GATTError(.adapterUnavailable, "Adapter \(address) was switched off.")
        let links = air.change { air -> [MemoryLink] in
            guard let index = try? air.adapterIndex(address) else { return [] }
            let info = air.adapters[index].info
            air.adapters[index].info = AdapterInfo(address: info.address, name: info.name, isPowered: isPowered)
            if isPowered { return [] }
            air.adapters[index].discovery?.stream.end(error)
            return air.links(of: address)
        }
        for link in links { link.end(GATTError(.disconnected, "The link was lost: \(error.detail)")) }
    }

    /// Another program on the adapter's host makes the bond with the device anew.
    package func replaceBond(with device: DeviceAddress, on adapter: DeviceAddress) {
        air.change { air in
            if let index = try? air.adapterIndex(adapter) { air.adapters[index].bonds[device]?.isForeign = true }
        }
    }

    /// The host is followed by another process now: it saw none of these bonds come.
    package func followAnew(on adapter: DeviceAddress) {
        air.change { air in
            guard let index = try? air.adapterIndex(adapter) else { return }
            for device in air.adapters[index].bonds.keys { air.adapters[index].bonds[device]?.isForeign = false }
        }
    }

    /// The device forgets its side of all bonds (factory reset); the adapters keep theirs.
    package func dropBonds(ofDevice address: DeviceAddress) {
        air.change { air in
            if let position = air.deviceIndex(address) { air.devices[position].device.bonds = [:] }
        }
    }
}

extension MemoryAir {
    fileprivate mutating func nextUnwatched() -> (DeviceAddress, any LocalService)? {
        guard let position = devices.firstIndex(where: { !$0.device.isWatched }) else { return nil }
        devices[position].device.isWatched = true
        return (devices[position].address, devices[position].device.service)
    }
}
