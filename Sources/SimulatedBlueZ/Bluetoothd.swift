internal import DBus
internal import EventLoop
internal import GATT
internal import Logging

/// The simulated daemon: everything it knows, one step at a time, as the real one is a single thread.
///
/// Nothing here waits for a card or a client while it changes state; what waits runs in tasks of the calls or of `work`, and
/// looks again at what it finds afterwards.
actor Bluetoothd {
    let bus: DBusConnection
    let work: WorkQueue
    let settings: SimulatedSettings
    let stopwatch: Stopwatch
    let store: BondStore
    let receiver: ReceiveLoop
    let faults: HostFaults
    let logger: Logger

    var adapters: [ObjectPath: Adapter] = [:]
    var devices: [ObjectPath: Device] = [:]
    var attributes: [ObjectPath: RemoteAttribute] = [:]
    var cards: [DeviceAddress: PlacedCard] = [:]
    var agents = AgentRegistry()
    var bonds: BondTable
    private(set) var isStopped = false
    /// Nothing is announced any more: to the bus this process is dead.
    private var isSilent = false
    private var lastAdapter = -1
    private var lastNumber: UInt64 = 0

    init(
        bus: DBusConnection, work: WorkQueue, settings: SimulatedSettings, clock: any Clock<Duration>, store: BondStore, bonds: BondTable,
        faults: HostFaults, logger: Logger
    ) throws {
        self.bus = bus
        self.work = work
        self.settings = settings
        self.store = store
        self.bonds = bonds
        self.faults = faults
        self.logger = logger
        stopwatch = Stopwatch(clock)
        receiver = try ReceiveLoop(name: "simulated-fds")
    }

    func makeNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// Exports the adapters with the devices that are bonded, then takes the name: whoever sees the name sees all of it.
    func start(adapters addresses: [DeviceAddress]) async throws {
        await bus.exportObjectManager(at: .root)
        guard let service = ObjectPath("/org/bluez") else { return }
        try await bus.export([agentManager], at: service)
        for address in addresses { try await add(address) }
        try await bus.requestName("org.bluez")
    }

    /// Adds an adapter under the next free hciN, with the devices that are bonded on it.
    func add(_ address: DeviceAddress) async throws {
        guard let service = ObjectPath("/org/bluez"), !adapters.values.contains(where: { $0.address == address }) else { return }
        lastAdapter += 1
        let adapter = Adapter(address: address, path: service.appending("hci\(lastAdapter)"))
        adapters[adapter.path] = adapter
        try await bus.export([interface(of: adapter)], at: adapter.path)
        for pair in bonds.centrals.keys where pair.central == address { try await add(known(pair.card, on: adapter)) }
    }

    /// A device with what is remembered of its bond.
    func known(_ card: DeviceAddress, on adapter: Adapter) -> Device {
        let device = Device(card, on: adapter.path, heard: stopwatch.elapsed)
        guard let bond = bonds.centrals[BondTable.Pair(central: adapter.address, card: card)] else { return device }
        device.bond = bond
        device.isTemporary = false
        device.isTrusted = bond.isTrusted
        device.name = bond.name
        return device
    }

    /// The adapter is unplugged, with everything that it had. Bonds stay.
    func takeAway(_ address: DeviceAddress) async {
        guard let adapter = adapters.values.first(where: { $0.address == address }) else { return }
        for device in devices.values where device.adapter == adapter.path {
            end(device, heard: false)
            device.pairing?.isCancelled.change { $0 = true }
            await forget(device, keepsBond: true)
        }
        adapters[adapter.path] = nil
        await bus.unexport(adapter.path)
    }

    /// Ends all links and waits, so that every call is answered. Nothing begins afterwards.
    ///
    /// - Parameter isCrash: nothing is announced of it.
    func stop(isCrash: Bool = false) async {
        isStopped = true
        isSilent = isCrash
        for card in cards.values { card.isRemoved.change { $0 = true } }
        for device in devices.values {
            end(device, heard: false)
            device.pairing?.isCancelled.change { $0 = true }
            if let link = device.link {
                link.end()
                await linkEnded(link, device.path)
            }
        }
    }

    func add(_ device: Device) async throws {
        devices[device.path] = device
        try await bus.export([interface(of: device)], at: device.path)
    }

    // MARK: Cards

    /// The card that a device is, whatever address it advertises with.
    func card(of device: Device) -> PlacedCard? { cards[device.address] ?? cards.values.first { $0.identity == device.address } }

    func place(_ card: PlacedCard) {
        cards[card.address]?.isRemoved.change { $0 = true }
        cards[card.address]?.link?.end()
        cards[card.address] = card
        work.add { await self.watch(card) }
    }

    func remove(_ address: DeviceAddress) {
        let card = cards.removeValue(forKey: address)
        card?.isRemoved.change { $0 = true }
        card?.link?.end()
    }

    /// Out of range nothing gets through; the link lives on for the supervision timeout.
    func setInRange(_ isInRange: Bool, _ address: DeviceAddress) async {
        cards[address]?.isInRange = isInRange
        guard let link = cards[address]?.link else { return isInRange ? await hear(address) : () }
        link.setOutOfRange(!isInRange)
        guard !isInRange else { return }
        work.add {
            try await self.stopwatch.sleep(for: self.settings.supervisionTimeout)
            if link.state.read(\.isOutOfRange) { link.end() }
        }
    }

    private func watch(_ card: PlacedCard) async {
        await withTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    await self.update(card.address, await card.service.advertising())
                    await card.service.advertisingChanged()
                }
            }
            group.addTask { _ = try? await card.isRemoved.when { $0 ? () : nil } }
            await group.next()
            group.cancelAll()
        }
    }

    private func update(_ address: DeviceAddress, _ advertising: AdvertisingData?) async {
        cards[address]?.advertising = advertising
        await hear(address)
    }

    // MARK: Time

    /// Called once in each advertising interval.
    func tick() async {
        for address in cards.keys { await hear(address) }
        let now = stopwatch.elapsed
        for device in devices.values {
            if let attempt = device.attempt, attempt.deadline <= now { end(device, heard: false) }
            if device.isTemporary, device.link == nil, device.attempt == nil, now - device.lastHeard >= settings.temporaryTimeout {
                await forget(device)
            }
        }
    }

    // MARK: Clients

    /// A connection to the bus ended: what hung on it ends, links stay.
    func clientLeft(_ name: String) async {
        agents.remove(name)
        for adapter in adapters.values where adapter.discovery[name] != nil {
            adapter.discovery[name]?.filter = nil
            await stopDiscovery(of: name, on: adapter)
        }
        for device in devices.values where device.pairing?.requester == name {
            device.pairing?.isCancelled.change { $0 = true }
            if let link = device.link { beginClosing(link, of: device) }
        }
        for attribute in attributes.values { await endSessions(of: name, on: attribute) }
    }

    /// Takes the device away with everything below it. The card keeps its half of the bond.
    func forget(_ device: Device, keepsBond: Bool = false) async {
        guard devices[device.path] === device else { return }
        device.isGone = true
        if let link = device.link {
            link.end()
            await linkEnded(link, device.path)
        }
        devices[device.path] = nil
        if !keepsBond, let adapter = adapters[device.adapter] {
            bonds.centrals[BondTable.Pair(central: adapter.address, card: device.address)] = nil
            await saveBonds()
        }
        await forgetServices(of: device)
        await bus.unexport(device.path)
    }

    func forgetServices(of device: Device) async {
        for service in device.tree?.services ?? [] {
            for characteristic in service.characteristics {
                attributes[characteristic.path] = nil
                if let descriptor = characteristic.descriptor { await bus.unexport(descriptor) }
                await bus.unexport(characteristic.path)
            }
            await bus.unexport(service.path)
        }
        device.tree = nil
    }

    /// A card loses its half of its bonds, as after a factory reset; nil: all cards.
    func dropCardBonds(of card: DeviceAddress?) async {
        let identity = card.map { cards[$0]?.identity ?? $0 }
        bonds.cards = bonds.cards.filter { $0.key.card != identity && identity != nil }
        await saveBonds()
    }

    func saveBonds() async {
        do {
            try await store.save(bonds)
        } catch {
            logger.error("bonds could not be stored", metadata: ["error": "\(error)"])
        }
    }

    /// Announces properties of an object that may have gone meanwhile; then there is nobody to tell.
    ///
    /// - Parameter quietly: only who asks sees it.
    func announce(
        _ changes: [String: DBusValue], removing removed: [String] = [], quietly: Bool = false, of interface: String, at path: ObjectPath
    ) async {
        guard !isSilent, !(changes.isEmpty && removed.isEmpty) else { return }
        do {
            try await bus.setProperties(changes, removing: removed, always: true, quietly: quietly, of: interface, at: path)
        } catch {
            logger.debug("a change was not announced", metadata: ["path": "\(path)", "error": "\(error)"])
        }
    }

    func announce(_ changes: [String: DBusValue], removing removed: [String] = [], quietly: Bool = false, of device: Device) async {
        await announce(changes, removing: removed, quietly: quietly, of: Interface.device, at: device.path)
    }

    func device(at path: ObjectPath) throws(DBusError) -> Device {
        guard let device = devices[path] else { throw DBusError(name: DBusError.unknownObject, message: "There is no device at \(path).") }
        return device
    }
}
