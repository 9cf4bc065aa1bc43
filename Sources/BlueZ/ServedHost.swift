internal import DBus
internal import GATT

/// What a served device knows of bluetoothd: its adapter, the centrals that are connected, and what they are notified of.
///
/// Changed on the bus thread, in the order of the signals: a call that comes afterwards finds what they told.
final class ServedHost: Sendable {
    struct State: Sendable {
        var tree = HostTree()
        var isLoaded = false
        /// Rises with every signal.
        var changes: UInt64 = 0
        /// The adapter that is served.
        var adapter: ObjectPath?
        /// By the path of the central.
        var links: [ObjectPath: ServedLink] = [:]
        var newLinks: [ServedLink] = []
        /// What bluetoothd hands on to its centrals, by the channel that it asked for.
        var channels: [CharacteristicID: Channel] = [:]
        var end: GATTError?
    }

    enum Channel: Sendable {
        case socket(NotifySocket)
        /// By PropertiesChanged: for indications.
        case signals(confirmed: UInt64)
    }

    /// More centrals than a radio holds; the rest has no link here.
    private static let mostLinks = 16

    private let owner: String
    private let name: String?
    private let address: DeviceAddress?
    let catalog: ServedCatalog
    private let bus: DBusConnection
    private let faults: LinkFaults
    private let isAway: WaitableState<Bool>
    let state = WaitableState(State())

    /// - Parameters:
    ///   - owner: the unique name of bluetoothd.
    ///   - address: wins over the name.
    init(
        owner: String, adapter name: String?, address: DeviceAddress?, catalog: ServedCatalog, bus: DBusConnection, faults: LinkFaults,
        isAway: WaitableState<Bool>
    ) {
        self.owner = owner
        self.name = name
        self.address = address
        self.catalog = catalog
        self.bus = bus
        self.faults = faults
        self.isAway = isAway
    }

    // MARK: What bluetoothd tells

    func load(_ objects: [DBusEntry]) {
        state.change {
            $0.tree = HostTree(objects)
            $0.isLoaded = true
        }
    }

    func apply(_ signal: DBusSignal) {
        state.change { state in
            // Before the answer with everything they are part of it.
            guard state.isLoaded else { return }
            state.changes &+= 1
            let before = state.tree.devices[signal.path]?.isBonded
            let change = state.tree.apply(signal)
            if let path = change.unlinked { state.links.removeValue(forKey: path)?.end() }
            if let path = change.linked { begin(path, &state) }
            if before == false, state.tree.devices[signal.path]?.isBonded == true { state.links[signal.path]?.wasBonded() }
            if let path = change.silenced, path == state.adapter {
                Self.end(GATTError(.adapterUnavailable, "The adapter was switched off or taken away."), &state)
            }
        }
    }

    func end(_ error: GATTError) { state.change { Self.end(error, &$0) } }

    private static func end(_ error: GATTError, _ state: inout State) {
        guard state.end == nil else { return }
        state.end = error
        for link in state.links.values { link.end() }
        state.links = [:]
        state.newLinks = []
        state.channels = [:]
    }

    // MARK: The adapter

    /// The adapter to serve, once it is there and on. Centrals that are connected already begin a link when they ask for something.
    func takeAdapter() -> HostAdapter? {
        state.change { state in
            let there = state.tree.adapters.values.sorted { $0.path < $1.path }
            let found = there.first { adapter in
                guard let address else { return isMeant(adapter) }
                return adapter.address == address
            }
            guard let found, found.isPowered else { return nil }
            state.adapter = found.path
            return found
        }
    }

    private func isMeant(_ adapter: HostAdapter) -> Bool {
        guard let name else { return true }
        return adapter.info.name == name || adapter.address.description == name.uppercased()
    }

    // MARK: Links

    private func begin(_ path: ObjectPath, _ state: inout State) {
        guard state.end == nil, let device = state.tree.devices[path], device.adapter == state.adapter, state.links[path] == nil,
            state.links.count < Self.mostLinks
        else { return }
        let link = ServedLink(to: device.address, at: path, host: self, faults: faults)
        // A device has one link at a time.
        if !state.links.isEmpty || isAway.read({ $0 }) { link.end() }
        state.links[path] = link
        state.newLinks.append(link)
    }

    func nextLink() async throws -> ServedLink {
        try await state.when { $0.newLinks.isEmpty ? nil : $0.newLinks.removeFirst() }
    }

    /// The device walks away: each link is closed from this side.
    func endLinks() {
        for link in state.read({ Array($0.links.values) }) { link.end() }
    }

    func forget(_ link: ServedLink) {
        state.change { if $0.links[link.path] === link { $0.links[link.path] = nil } }
    }

    /// Whether the link is still the one that this central has.
    func isConnected(_ link: ServedLink) -> Bool {
        state.read { $0.links[link.path] === link && $0.tree.devices[link.path]?.isConnected == true }
    }

    /// Throws `Rejected` unless bluetoothd calls: everybody on the bus can.
    func check(_ call: DBusMethodCall) throws {
        guard call.sender == owner else { throw DBusError(name: BlueZError.rejected.name, message: "Only bluetoothd is answered.") }
    }

    func link(of call: DBusMethodCall, _ options: GattCallOptions) throws -> ServedLink {
        let link = try link(of: call, device: options.device)
        if let mtu = options.mtu { link.learn(mtu) }
        return link
    }

    /// The link to the central that a call of bluetoothd is about.
    func link(of call: DBusMethodCall, device: ObjectPath?) throws -> ServedLink {
        try check(call)
        let link = state.change { state -> ServedLink? in
            guard let path = device else { return nil }
            // A central that was connected before this process came.
            if state.links[path] == nil { begin(path, &state) }
            return state.links[path]
        }
        guard let link else { throw DBusError(name: BlueZError.failed.name, message: "There is no link to that device.") }
        return link
    }

    /// bluetoothd does not say whose: there is one at a time.
    func pairingFailed() {
        for link in state.read({ Array($0.links.values) }) { link.pairingFailed() }
    }

    // MARK: Subscriptions

    var subscriptions: [CharacteristicID] {
        state.read { $0.channels.keys.sorted { $0.description < $1.description } }
    }

    /// - Parameter channel: nil: bluetoothd wants no more values.
    func set(_ channel: Channel?, for characteristic: CharacteristicID) {
        let links = state.change { state -> [ServedLink] in
            guard state.end == nil else { return [] }
            state.channels[characteristic] = channel
            return Array(state.links.values)
        }
        for link in links { link.subscribed(channel != nil, to: characteristic) }
    }

    /// bluetoothd closed a socket.
    func closed(_ socket: NotifySocket, of characteristic: CharacteristicID) {
        guard case .socket(let current) = state.read({ $0.channels[characteristic] }), current === socket else { return }
        set(nil, for: characteristic)
    }

    /// Tells bluetoothd a value to be indicated.
    func announce(_ value: [UInt8], of characteristic: CharacteristicID) async throws {
        guard let path = catalog[characteristic]?.path else { throw ATTError.notSubscribed }
        do {
            try await bus.setProperties(["Value": .bytes(value)], always: true, of: Interface.characteristic, at: path)
        } catch {
            throw GATTError(error, .other, "Indicating a value of \(characteristic)")
        }
    }

    func confirmed(_ characteristic: CharacteristicID) {
        state.change { state in
            guard case .signals(let count) = state.channels[characteristic] else { return }
            state.channels[characteristic] = .signals(confirmed: count &+ 1)
        }
    }
}
