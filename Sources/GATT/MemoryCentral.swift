extension MemoryRadio: Central {
    package func adapters() async throws -> [AdapterInfo] {
        air.read { $0.adapters.map(\.info) }.sorted { $0.name < $1.name }
    }

    package func setPower(_ isOn: Bool, of adapter: DeviceAddress) async throws {
        try Task.checkCancellation()
        _ = try air.read { air in Result { try air.adapterIndex(adapter) } }.get()
        setPowered(isOn, adapter: adapter)
    }

    package func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress, repeats: Bool,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R {
        let stream = AdvertisementStream(repeats: repeats)
        try air.change { air in
            let index = try air.poweredAdapterIndex(adapter)
            guard air.adapters[index].discovery == nil, !air.adapters[index].isConnecting else {
                throw GATTError(.inProgress, "Adapter \(adapter) is scanning or connecting already.")
            }
            air.adapters[index].discovery = .init(services: services, stream: stream)
        }
        defer {
            stream.end(GATTError(.failed, "The discovery has ended."))
            air.change { air in
                if let index = try? air.adapterIndex(adapter) { air.adapters[index].discovery = nil }
            }
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    self.air.read { air in
                        guard let index = try? air.adapterIndex(adapter) else { return }
                        for position in air.devices.indices {
                            if let advertisement = air.heard(position, by: index) { stream.put(advertisement) }
                        }
                    }
                    try await self.clock.sleep(for: self.advertisingInterval)
                }
            }
            defer { group.cancelAll() }
            return try await body(stream)
        }
    }

    package func withConnection<R: Sendable>(
        to peer: DeviceAddress, on adapter: DeviceAddress, services: Set<BluetoothUUID>, within: Duration,
        _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R {
        let link = try await connect(to: peer, on: adapter, within: within)
        return try await lend(link) {
            guard link.level != .open || link.isUnbonded else {
                throw GATTError(
                    .authenticationFailed, "\(peer) does not know the bond that this host holds: forget it here, then pair again.",
                    failure: .oneSidedBond)
            }
            let offered = Set(link.service.services.map(\.uuid))
            guard services.isSubset(of: offered) else {
                let missing = services.subtracting(offered).map(\.description).sorted().joined(separator: ", ")
                throw GATTError(.servicesMissing, "\(peer) does not offer \(missing).")
            }
            return try await body(MemoryPeripheral(link: link))
        }
    }

    package func forget(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws {
        try Task.checkCancellation()
        let link = try air.change { air -> MemoryLink? in
            let index = try air.adapterIndex(adapter)
            air.adapters[index].bonds[peer] = nil
            return air.links(of: adapter).first { $0.peer == peer }
        }
        link?.end(GATTError(.disconnected, "\(peer) was forgotten here."))
    }

    package func bondedPeers(on adapter: DeviceAddress) async throws -> [DeviceAddress] {
        try air.change { air in
            let index = try air.adapterIndex(adapter)
            return air.adapters[index].bonds.keys.sorted { $0.bits < $1.bits }
        }
    }

    package func foreignBonds(on adapter: DeviceAddress) async throws -> [DeviceAddress] {
        try air.change { air in
            let index = try air.adapterIndex(adapter)
            return air.adapters[index].bonds.filter(\.value.isForeign).keys.sorted { $0.bits < $1.bits }
        }
    }

    package func closeLinks(to peers: Set<DeviceAddress>, on adapter: DeviceAddress) async throws {
        let links = try air.change { air in
            _ = try air.adapterIndex(adapter)
            return air.links(of: adapter).filter { peers.contains($0.peer) }
        }
        for link in links { link.end(GATTError(.disconnected, "The links of \(adapter) were closed.")) }
    }

    /// Waits until the device is heard and takes it. The link lives in `lend`.
    func connect(to peer: DeviceAddress, on adapter: DeviceAddress, within: Duration) async throws -> MemoryLink {
        try air.change { air in
            let index = try air.poweredAdapterIndex(adapter)
            guard air.adapters[index].discovery == nil else {
                throw GATTError(.connectionAborted, "Adapter \(adapter) is scanning: it cannot connect at the same time.")
            }
            guard !air.adapters[index].isConnecting else {
                throw GATTError(.inProgress, "Adapter \(adapter) is connecting already.")
            }
            guard air.links(of: adapter).count < air.adapters[index].slots else {
                throw GATTError(.noLinkSlot, "Adapter \(adapter) holds \(air.adapters[index].slots) links, and no more.")
            }
            air.adapters[index].isConnecting = true
        }
        defer {
            air.change { air in
                if let index = try? air.adapterIndex(adapter) { air.adapters[index].isConnecting = false }
            }
        }
        let number = air.change { $0.makeNumber() }
        do {
            let link = try await withDeadline(within, clock: clock) {
                try await self.air.when { try $0.openLink(number, to: peer, from: adapter, clock: self.clock) }
            }
            guard let link else { throw GATTError(.unreachable, "\(peer) was not heard.") }
            return link
        } catch {
            // The link may have been opened in the moment in which the wait for it was given up.
            close(number)
            throw error
        }
    }

    /// The device is free again and what is remembered with its bond is kept.
    private func close(_ number: UInt64) {
        air.change { air in
            guard let position = air.devices.firstIndex(where: { $0.device.link?.id == number }), let link = air.devices[position].device.link
            else { return }
            air.devices[position].device.link = nil
            air.devices[position].device.bonds[link.central]?.subscriptions = link.subscriptions
            air.announce(position)
        }
    }

    /// Runs the link's two ends while `body` runs, and ends it.
    func lend<R: Sendable>(_ link: MemoryLink, _ body: @concurrent @Sendable () async throws -> R) async throws -> R {
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await link.serve()
                self.close(link.id)
            }
            group.addTask { await link.transmit() }
            do {
                let result = try await body()
                link.end(GATTError(.disconnected, "The link to \(link.peer) was closed here."))
                try await group.waitForAll()
                return result
            } catch {
                link.end(GATTError(.disconnected, "The link to \(link.peer) was closed here."))
                while (try? await group.next()) != nil {}
                throw error
            }
        }
    }
}

extension MemoryAir {
    /// - Returns: nil while the device is not heard.
    fileprivate mutating func openLink(_ number: UInt64, to peer: DeviceAddress, from adapter: DeviceAddress, clock: any Clock<Duration>) throws
        -> MemoryLink?
    {
        let index = try poweredAdapterIndex(adapter)
        guard let position = deviceIndex(peer) else { return nil }
        let device = devices[position].device
        guard device.isInRange, device.link == nil, device.advertising != nil else { return nil }
        let here = adapters[index].bonds[peer]
        let there = device.bonds[adapter]
        let bond = here?.key == there?.key ? there : nil
        let link = MemoryLink(
            id: number, central: adapter, peer: peer, service: device.service, faults: device.faults, clock: clock,
            maximumTransmissionUnit: min(MemoryRadio.maximumTransmissionUnit, device.maximumTransmissionUnit),
            level: bond?.level ?? .open, isUnbonded: here == nil, subscriptions: bond?.subscriptions ?? [])
        devices[position].device.link = link
        return link
    }
}
