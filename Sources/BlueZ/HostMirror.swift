internal import DBus
internal import GATT
internal import Logging

/// What is known of org.bluez now, and who waits for what in it: discoveries and links are told on the bus thread, in the
/// order of the signals.
final class HostMirror: Sendable {
    struct Discovery: Sendable {
        let adapter: DeviceAddress
        /// The bluetoothd that runs it.
        let owner: String
        let services: Set<BluetoothUUID>
        let stream: AdvertisementStream
    }

    struct State: Sendable {
        var tree = HostTree()
        /// The unique name behind org.bluez; nil while what it has is not known.
        var owner: String?
        /// Why nothing is known: there is no bluetoothd, or no bus.
        var absence: GATTError?
        var discoveries: [ObjectPath: Discovery] = [:]
        var links: [ObjectPath: RemoteLink] = [:]
        /// Whether an agent of ours is registered: bluetoothd allows one.
        var isPairing = false
        /// What is being paired here; bonds of others that come meanwhile are not ours.
        var pairingPath: ObjectPath?
        /// Devices that were bonded by another program since they are followed.
        var foreignBonds: Set<ObjectPath> = []
    }

    /// What a change has to tell others, outside of the lock.
    fileprivate struct News: Sendable {
        var heard: (AdvertisementStream, Advertisement)?
        var ended: [(RemoteLink, GATTError)] = []
        var silenced: (AdvertisementStream, GATTError)?
        var cut: HostDevice?
    }

    private let logger: Logger
    let state = WaitableState(State())

    init(logger: Logger) { self.logger = logger }

    /// The answer of GetManagedObjects: from here on signals count.
    func load(_ objects: [DBusEntry], owner: String) {
        let tree = HostTree(objects)
        state.change {
            $0.tree = tree
            $0.owner = owner
            $0.absence = nil
        }
        if tree.ignored > 0 { sayFull() }
        for path in tree.cut { sayCut(tree.devices[path]) }
    }

    func apply(_ signal: DBusSignal) {
        let (news, isFull) = state.change { state -> (News, Bool) in
            // Before the answer they are part of it.
            guard state.owner != nil else { return (News(), false) }
            let ignored = state.tree.ignored
            let news = state.apply(signal)
            return (news, ignored == 0 && state.tree.ignored > 0)
        }
        if isFull { sayFull() }
        if let device = news.cut { sayCut(device) }
        if let (stream, advertisement) = news.heard { stream.put(advertisement) }
        if let (stream, error) = news.silenced { stream.end(error) }
        for (link, error) in news.ended { link.end(error) }
    }

    private func sayFull() { logger.warning("bluetoothd has more devices than are followed: some will not be seen") }

    private func sayCut(_ device: HostDevice?) {
        logger.warning(
            "A device has more services or characteristics than are followed: the rest of it is not used",
            metadata: ["device": "\(device.map { "\($0.address)" } ?? "")", "followed": "\(HostAttributes.most) of each kind"])
    }

    /// bluetoothd or the bus is gone, with everything that hung on it. What is loaded later is another one's.
    func lose(_ reason: GATTError) {
        let (links, streams) = state.change { state -> ([RemoteLink], [AdvertisementStream]) in
            state.absence = reason
            state.owner = nil
            state.tree = HostTree()
            defer { (state.links, state.discoveries) = ([:], [:]) }
            return (Array(state.links.values), state.discoveries.values.map(\.stream))
        }
        for stream in streams { stream.end(reason) }
        for link in links {
            link.end(GATTError(.disconnected, "The link to \(link.address) is lost.", cause: reason.detail, failure: reason.failure))
        }
    }

    /// Looks at what is known, once anything is. Throws `hostUnavailable` when nothing is known in time, or any more.
    func look<R: Sendable>(_ look: (State) throws -> R) async throws -> R {
        try await untilLoaded()
        return try state.read { state in
            Result {
                try state.checkAlive()
                return try look(state)
            }
        }.get()
    }

    /// Looks and takes something, such as the right to use an adapter: whoever gets an answer has it, even when cancelled.
    func claim<R: Sendable>(_ claim: (inout State) throws -> R) async throws -> R {
        try await untilLoaded()
        return try state.change { state in
            try state.checkAlive()
            return try claim(&state)
        }
    }

    private func untilLoaded() async throws {
        let isLoaded = try await until(within: .seconds(10)) { _ in true }
        guard isLoaded != nil else {
            throw GATTError(.hostUnavailable, "bluetoothd does not answer, or nothing listens to it: BlueZCentral.run() must run.")
        }
    }

    /// Waits for what `attempt` finds; it is called again after every change.
    ///
    /// - Returns: nil when the time has passed. Throws what `attempt` throws, `hostUnavailable`, `CancellationError`.
    func until<R: Sendable>(within: Duration, _ attempt: @escaping @Sendable (State) throws -> R?) async throws -> R? {
        let check: @Sendable (State) throws -> R? = { state in
            try state.checkAlive()
            return state.owner == nil ? nil : try attempt(state)
        }
        // Most often it is there: no task is needed for that.
        try Task.checkCancellation()
        if let found = try state.read({ state in Result { try check(state) } }).get() { return found }
        return try await withDeadline(within, clock: ContinuousClock()) { try await self.state.when { try check($0) } }
    }
}

extension HostMirror.State {
    fileprivate func checkAlive() throws {
        if let absence { throw absence }
    }

    fileprivate mutating func apply(_ signal: DBusSignal) -> HostMirror.News {
        var news = HostMirror.News()
        let change = tree.apply(signal)
        if let path = change.heard, let device = tree.devices[path] { news.heard = advertisement(of: device) }
        news.cut = change.cut.flatMap { tree.devices[$0] }
        if let path = change.bonded, path != pairingPath { foreignBonds.insert(path) }
        if let path = change.unbonded { foreignBonds.remove(path) }
        if let path = change.linked { links[path]?.hasBegun() }
        if let path = change.unlinked, let link = links[path] {
            if tree.devices[path] == nil {
                // Also of an attempt, which may never be answered then.
                let code: GATTError.Code = link.isOpen ? .disconnected : .unknownPeer
                news.ended = [(link, GATTError(code, "bluetoothd forgot \(link.address).", failure: .deviceRemoved))]
            } else if link.isOpen {
                news.ended = [(link, GATTError(.disconnected, "The link to \(link.address) is gone: it was lost, or closed by the device."))]
            }
        }
        if let path = change.silenced {
            let isGone = tree.adapters[path] == nil
            let (reason, failure) = isGone ? ("was taken away.", FailureClass.adapterGone) : ("was switched off.", nil)
            if let discovery = discoveries[path] {
                news.silenced = (discovery.stream, GATTError(.adapterUnavailable, "Adapter \(discovery.adapter) \(reason)", failure: failure))
            }
            for (device, link) in links where device.isWithin(path) {
                // An attempt may never be answered then.
                let code: GATTError.Code = link.isOpen ? .disconnected : .adapterUnavailable
                news.ended.append((link, GATTError(code, "The link to \(link.address) is gone: its adapter \(reason)", failure: failure)))
            }
        }
        return news
    }

    /// What the discovery that runs is told of the device; nil when it wants something else.
    func advertisement(of device: HostDevice) -> (AdvertisementStream, Advertisement)? {
        guard let discovery = discoveries[device.adapter], device.rssi != nil, !device.isConnected,
            // UUIDs of a bonded device are what its last link found, which may have had no services yet, or others: what it advertises is not
            // announced anew. bluetoothd itself has filtered by what is advertised.
            device.isBonded || discovery.services.isEmpty || !discovery.services.isDisjoint(with: device.services)
        else { return nil }
        return (discovery.stream, device.advertisement(to: discovery.adapter))
    }

    func poweredAdapter(_ address: DeviceAddress) throws -> HostAdapter {
        let adapter = try adapter(address)
        guard adapter.isPowered else { throw GATTError(.adapterUnavailable, "Adapter \(address) is off: power it, and look for an rfkill block.") }
        return adapter
    }

    func adapter(_ address: DeviceAddress) throws -> HostAdapter {
        guard let adapter = tree.adapter(address) else {
            throw GATTError(.adapterUnavailable, "There is no adapter \(address).", failure: .adapterGone)
        }
        return adapter
    }

    /// The path of a device that is known on a powered adapter.
    func device(_ peer: DeviceAddress, on adapter: DeviceAddress) throws -> (path: ObjectPath, device: HostDevice) {
        guard let found = tree.device(peer, on: try poweredAdapter(adapter).path) else {
            throw GATTError(.unknownPeer, "bluetoothd does not know \(peer): it has to be heard first.")
        }
        return found
    }
}
