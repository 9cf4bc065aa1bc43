internal import DBus
internal import GATT
internal import Logging

/// Device1.Connect and Disconnect, and what a link's beginning and end change.
extension Bluetoothd {
    func connect(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let device = try device(at: call.path)
        guard device.link == nil else { return [] }
        if faults.strikes(.abortedByLocal) { throw DBusError.connectionAborted }
        if faults.strikes(.connectionAbort) { throw DBusError.softwareAbort }
        if faults.strikes(.inProgress) { throw DBusError.busy }
        // What a full controller answers differs; clients have been told this.
        if faults.strikes(.outOfLinkSlots) { throw DBusError.doesNotExist }
        if faults.strikes(.deviceRemoved) {
            await forget(device, keepsBond: true)
            throw DBusError.connectionAborted
        }
        _ = try await establish(device)
        return []
    }

    func disconnect(_ call: DBusMethodCall) async throws -> [DBusValue] {
        await disconnect(try device(at: call.path))
        return []
    }

    /// Ends a pairing, an attempt or the link, whatever there is, and returns when it is over.
    func disconnect(_ device: Device) async {
        device.pairing?.isCancelled.change { $0 = true }
        end(device, heard: false, isCanceled: true)
        if let link = device.link { await close(link, of: device) }
    }

    /// Connects when the device is heard.
    ///
    /// - Throws: what Connect answers.
    func establish(_ device: Device) async throws(DBusError) -> Link {
        guard device.attempt == nil else { throw .failed("Operation already in progress") }
        guard let adapter = adapters[device.adapter], adapter.isPowered, !isStopped else { throw .failed("Input/output error") }
        device.isTemporary = false
        device.wasCanceled = false
        if card(of: device)?.audible == nil || faults.lasts(.controllerStuck) {
            let isHeard = await withCheckedContinuation { continuation in
                device.attempt = Device.Attempt(continuation: continuation, deadline: stopwatch.elapsed + settings.connectTimeout)
            }
            guard isHeard else { throw device.wasCanceled ? .connectionCanceled : .connectionAborted }
        }
        // Another adapter may have been faster, or the card was carried away again.
        guard !isStopped, !device.isGone, device.link == nil, let card = card(of: device), card.audible != nil else { throw .connectionAborted }
        let pair = BondTable.Pair(central: adapter.address, card: device.address)
        let bond = bonds.cards[pair]
        // Only one side has a bond: encryption fails, and with it the connection.
        guard device.bond == nil || device.bond?.key == bond?.key else { throw .connectionAborted }
        let isBonded = device.bond != nil
        let path = device.path
        let link = Link(
            id: makeNumber(), central: adapter.address, to: card,
            maximumTransmissionUnit: min(settings.maximumTransmissionUnit, card.maximumTransmissionUnit),
            level: isBonded ? bond?.level ?? .open : .open, subscriptions: isBonded ? bond?.subscriptions ?? [] : [],
            deliver: { await self.deliver($1, of: $0, to: path) })
        device.link = link
        cards[card.address]?.link = link
        if isBonded, faults.strikes(.staleCache) { link.forgetHandles() }
        work.add { await link.serve(card.service) }
        work.add {
            await link.ended()
            await self.linkEnded(link, path)
        }
        let isLate = device.disconnectedAt.map { stopwatch.elapsed - $0 < settings.disconnectLag } ?? false
        await announce(["Connected": .boolean(true)], quietly: isLate, of: device)
        work.add { await self.resolve(link, path) }
        return link
    }

    /// Ends an attempt to connect.
    func end(_ device: Device, heard isHeard: Bool, isCanceled: Bool = false) {
        let attempt = device.attempt
        device.attempt = nil
        if attempt != nil { device.wasCanceled = isCanceled }
        attempt?.continuation.resume(returning: isHeard)
    }

    /// Ends a link after the time that profiles get to say goodbye, and returns when everybody was told.
    func close(_ link: Link, of device: Device) async {
        guard device.link === link else { return }
        await withCheckedContinuation { continuation in
            device.disconnection.append(continuation)
            beginClosing(link, of: device)
        }
    }

    func beginClosing(_ link: Link, of device: Device) {
        guard !device.isDisconnecting else { return }
        device.isDisconnecting = true
        work.add {
            try await self.stopwatch.sleep(for: self.settings.disconnectDelay)
            link.end()
        }
    }

    func linkEnded(_ link: Link, _ path: ObjectPath) async {
        if cards[link.peer]?.link === link { cards[link.peer]?.link = nil }
        guard let device = devices[path], device.link === link else { return }
        if let adapter = adapters[device.adapter] {
            let pair = BondTable.Pair(central: adapter.address, card: device.address)
            if link.level > .open { bonds.cards[pair]?.subscriptions = link.subscriptions }
            await saveBonds()
        }
        device.link = nil
        device.isResolved = false
        if device.isDisconnecting { device.disconnectedAt = stopwatch.elapsed }
        device.isDisconnecting = false
        for attribute in attributes.values where attribute.device === device { await linkEnded(attribute) }
        if device.hasBattery {
            device.hasBattery = false
            await bus.unexport(path, interfaces: [Interface.battery])
        }
        await announce(["Connected": .boolean(false), "ServicesResolved": .boolean(false)], of: device)
        let resolution = device.resolution
        let disconnection = device.disconnection
        device.resolution = []
        device.disconnection = []
        for waiter in resolution { waiter.resume(returning: false) }
        for waiter in disconnection { waiter.resume() }
        await hear(link.peer)
    }

    // MARK: Services

    /// Discovers the services, or finds them in the cache, and tells everybody.
    private func resolve(_ link: Link, _ path: ObjectPath) async {
        guard let device = devices[path], device.link === link, let card = card(of: device) else { return }
        for failure in [FailureClass.servicesResolvedRace, .emptyServiceTree] where faults.strikes(failure) {
            await forgetServices(of: device)
            guard device.link === link else { return }
            device.isResolved = true
            let known = failure == .emptyServiceTree ? [] : RemoteTree(card.service.services, below: path).uuids
            await announce(["UUIDs": .strings(known), "ServicesResolved": .boolean(true)], of: device)
            return tellResolved(device)
        }
        do {
            if device.tree == nil {
                let tree = RemoteTree(card.service.services, below: path)
                device.tree = tree
                try await export(tree, of: device)
            } else {
                for attribute in attributes.values where attribute.device === device {
                    let mtu = DBusValue.uint16(UInt16(clamping: link.maximumTransmissionUnit))
                    try await bus.setProperties(["MTU": mtu], of: Interface.characteristic, at: attribute.path)
                }
            }
        } catch {
            logger.error("services could not be exported", metadata: ["path": "\(path)", "error": "\(error)"])
            return link.end()
        }
        guard device.link === link, !link.hasEnded else { return }
        device.isResolved = true
        await announce(["UUIDs": .strings(device.uuids), "ServicesResolved": .boolean(true)], of: device)
        tellResolved(device)
        for attribute in attributes.values where attribute.device === device { await resume(attribute, over: link) }
        await readBattery(of: device, over: link)
    }

    private func tellResolved(_ device: Device) {
        let waiters = device.resolution
        device.resolution = []
        for waiter in waiters { waiter.resume(returning: true) }
    }

    /// - Returns: false when the link ended first.
    func untilResolved(_ device: Device, over link: Link) async -> Bool {
        guard device.link === link else { return false }
        if device.isResolved { return true }
        return await withCheckedContinuation { device.resolution.append($0) }
    }
}
