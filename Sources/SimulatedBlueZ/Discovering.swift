internal import DBus
internal import GATT
internal import Logging

/// Adapter1's discovery, and what an advertisement changes.
extension Bluetoothd {
    /// What every device is heard with: the cards lie on the desk.
    private static let rssi: Int16 = -50

    private func adapter(at path: ObjectPath) throws(DBusError) -> Adapter {
        guard let adapter = adapters[path] else { throw DBusError(name: DBusError.unknownObject, message: "There is no adapter at \(path).") }
        return adapter
    }

    func startDiscovery(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let adapter = try adapter(at: call.path)
        guard adapter.isPowered else { throw DBusError.notReady }
        if faults.lasts(.adapterHung) {
            try await faults.untilMended(.adapterHung)
            throw DBusError.notReady
        }
        if faults.strikes(.inProgress) { throw DBusError.inProgress }
        guard adapter.discovery[call.sender]?.isDiscovering != true else { throw DBusError.busy }
        let wasDiscovering = adapter.isDiscovering
        adapter.discovery[call.sender, default: Adapter.Client()].isDiscovering = true
        if !wasDiscovering { await announce(["Discovering": .boolean(true)], of: Interface.adapter, at: adapter.path) }
        work.add {
            for address in await self.cards.keys { await self.hear(address) }
        }
        return []
    }

    func stopDiscovery(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let adapter = try adapter(at: call.path)
        guard adapter.isPowered else { throw DBusError.notReady }
        guard adapter.discovery[call.sender]?.isDiscovering == true else { throw DBusError.failed("No discovery started") }
        await stopDiscovery(of: call.sender, on: adapter)
        return []
    }

    func stopDiscovery(of client: String, on adapter: Adapter) async {
        let wasDiscovering = adapter.isDiscovering
        adapter.discovery[client]?.isDiscovering = false
        if adapter.discovery[client]?.filter == nil { adapter.discovery[client] = nil }
        guard wasDiscovering, !adapter.isDiscovering else { return }
        faults.mend(.scanNotResumed)
        let found = adapter.found
        adapter.found = []
        for path in found {
            guard let device = devices[path] else { continue }
            device.rssi = nil
            await announce([:], removing: ["RSSI"], of: device)
        }
        await announce(["Discovering": .boolean(false)], of: Interface.adapter, at: adapter.path)
    }

    func setDiscoveryFilter(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let adapter = try adapter(at: call.path)
        guard adapter.isPowered else { throw DBusError.notReady }
        let properties = try call.arguments.argument(0, "a dictionary", \.asProperties)
        guard !properties.isEmpty else {
            adapter.discovery[call.sender]?.filter = nil
            if adapter.discovery[call.sender]?.isDiscovering == false { adapter.discovery[call.sender] = nil }
            return []
        }
        guard let filter = DiscoveryFilter(properties) else { throw DBusError.invalidArguments }
        adapter.discovery[call.sender, default: Adapter.Client()].filter = filter
        return []
    }

    func removeDevice(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let adapter = try adapter(at: call.path)
        let path = try call.arguments.argument(0, "an object path", \.asPath)
        guard let device = devices[path], device.adapter == adapter.path else { throw DBusError.doesNotExist }
        guard adapter.isPowered else { throw DBusError.notReady }
        device.isTemporary = true
        await disconnect(device)
        await forget(device)
        return []
    }

    /// rfkill blocks all adapters, and they go off; or it lets them be switched on again.
    func setBlocked(_ isBlocked: Bool) async throws {
        for adapter in adapters.values {
            adapter.isBlocked = isBlocked
            if isBlocked { try await setPowered(false, adapter.path) }
        }
    }

    func setPowered(_ isPowered: Bool, _ path: ObjectPath) async throws {
        let adapter = try adapter(at: path)
        guard adapter.isPowered != isPowered else { return }
        guard !isPowered || !adapter.isBlocked else { throw DBusError.blocked }
        adapter.isPowered = isPowered
        if !isPowered {
            faults.mend(.silence, .controllerStuck, .adapterHung, .scanNotResumed)
            for client in adapter.discovery.keys { await stopDiscovery(of: client, on: adapter) }
            for device in devices.values where device.adapter == path {
                end(device, heard: false)
                device.link?.end()
            }
        }
        await announce(["Powered": .boolean(isPowered)], of: Interface.adapter, at: path)
    }

    // MARK: The air

    /// Lets every adapter hear the card, if it advertises.
    func hear(_ address: DeviceAddress) async {
        guard cards[address]?.audible != nil else { return }
        for device in devices.values where device.attempt != nil && card(of: device)?.address == address {
            if faults.lasts(.controllerStuck) { return }
            end(device, heard: true)
            // Connected from here on: one central at a time.
            return
        }
        for adapter in adapters.values.sorted(by: { $0.path < $1.path }) where adapter.isPowered {
            guard let data = cards[address]?.audible else { return }
            await hear(data, of: address, by: adapter)
        }
    }

    private func hear(_ data: AdvertisingData, of address: DeviceAddress, by adapter: Adapter) async {
        guard adapter.isDiscovering, !faults.lasts(.silence), !faults.lasts(.scanNotResumed) else { return }
        // A private address is resolved by the bond.
        let identity = cards[address]?.identity ?? address
        let isKnown = bonds.centrals[BondTable.Pair(central: adapter.address, card: identity)] != nil
        let address = isKnown ? identity : address
        let path =
            devices.values.first { $0.adapter == adapter.path && $0.address == address }?.path
            ?? adapter.path.appending("dev_" + address.description)
        devices[path]?.lastHeard = stopwatch.elapsed
        let filters = adapter.filters
        if let filters, !filters.contains(where: { $0.matches(data, address: address, rssi: Int(Self.rssi)) }) { return }
        let device = devices[path] ?? known(address, on: adapter)
        let changes = device.take(data, rssi: Self.rssi, isFiltered: filters != nil, duplicates: filters?.contains(where: \.wantsDuplicates) == true)
        adapter.found.insert(path)
        if devices[path] == nil {
            do {
                try await add(device)
            } catch {
                logger.error("a device could not be exported", metadata: ["path": "\(path)", "error": "\(error)"])
            }
        } else if !changes.isEmpty {
            await announce(changes, of: device)
        }
    }
}

extension Device {
    /// Takes what an advertisement says.
    ///
    /// - Returns: what is to be announced: the RSSI each time while all discoveries have filters, else once; the data when
    ///   it changed, or each time when a client wants duplicates.
    func take(_ data: AdvertisingData, rssi: Int16, isFiltered: Bool, duplicates: Bool) -> [String: DBusValue] {
        var changes: [String: DBusValue] = [:]
        if isFiltered || self.rssi == nil { changes["RSSI"] = .int16(rssi) }
        self.rssi = rssi
        let merged = manufacturerData.merging(data.manufacturerData) { $1 }
        if merged != manufacturerData || (duplicates && !data.manufacturerData.isEmpty) {
            manufacturerData = duplicates ? data.manufacturerData : merged
            changes["ManufacturerData"] = manufacturerDataValue
        }
        let added = data.services.filter { !advertised.contains($0) }
        if !added.isEmpty, !(isResolved && tree != nil) {
            advertised += added
            changes["UUIDs"] = .strings(uuids)
        }
        if let heard = data.name, heard != name {
            name = heard
            changes["Name"] = .string(heard)
            if alias == nil { changes["Alias"] = .string(heard) }
        }
        return changes
    }
}
