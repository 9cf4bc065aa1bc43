package import DBus
package import GATT
package import Logging

/// bluetoothd and the air around it in software: org.bluez on a bus of one's own, in front of any `LocalService`.
///
/// To clients it behaves as bluetoothd 5.66 does; docs/simulated-bluez.md tells where it does not. Cards are placed before or
/// while it runs. What goes wrong on a card's links is decided by that card's `LinkFaults`; what is natural (sockets that
/// overflow, values that come before a socket exists) happens by itself.
package final class SimulatedBlueZHost: Sendable {
    private enum Command: Sendable {
        case place(PlacedCard)
        case remove(DeviceAddress)
        case setInRange(Bool, DeviceAddress)
        case takeAdapter(DeviceAddress)
        case returnAdapter(DeviceAddress)
        case setBlocked(Bool)
        case dropCardBonds(DeviceAddress?)
        case restart
    }

    /// What is there whatever becomes of bluetoothd.
    private struct World: Sendable {
        var adapters: [DeviceAddress]
        var cards: [DeviceAddress: PlacedCard] = [:]
    }

    private let address: DBusAddress
    private let stateFolder: String
    private let clock: any Clock<Duration>
    private let settings: SimulatedSettings
    private let cutBus: (@Sendable () -> Void)?
    private let logger: Logger
    private let world: WaitableState<World>
    private let commands = WaitableState<[Command]>([])
    private let isReady = WaitableState(false)
    private let unplugged = WaitableState<[DeviceAddress]>([])
    /// What goes wrong, counted. `cause` arms it.
    package let faults = HostFaults()

    /// - Parameters:
    ///   - address: of a private bus; this process takes the name org.bluez on it.
    ///   - adapters: become hci0, hci1 … in this order. Every adapter hears every card.
    ///   - stateFolder: exists; keeps the bonds, as /var/lib/bluetooth does.
    ///   - clock: everything that takes time is counted on it.
    ///   - cutBus: ends the bus, for whoever started it and wants `bus-lost`.
    package init(
        bus address: DBusAddress, adapters: [DeviceAddress], stateFolder: String, clock: any Clock<Duration> = ContinuousClock(),
        settings: SimulatedSettings = SimulatedSettings(), cutBus: (@Sendable () -> Void)? = nil,
        logger: Logger = Logger(label: "simulated-bluez")
    ) {
        self.address = address
        self.stateFolder = stateFolder
        self.clock = clock
        self.settings = settings
        self.cutBus = cutBus
        self.logger = logger
        world = WaitableState(World(adapters: adapters))
    }

    /// Runs until the task is cancelled or the bus is lost; links end with it, bonds stay.
    ///
    /// - Throws: `DBusError` (`unreachable`, `disconnected`; `remote` when the name org.bluez is taken), an error that names the
    ///   file when the bonds cannot be read, `CancellationError`.
    package func run() async throws {
        let store = try BondStore(folder: stateFolder)
        while true { try await live(with: store) }
    }

    /// One life of bluetoothd, until it crashes.
    private func live(with store: BondStore) async throws {
        let bonds = try await store.load()
        try await DBusConnection.withConnection(to: address) { bus in
            let work = WorkQueue()
            let daemon = try Bluetoothd(
                bus: bus, work: work, settings: self.settings, clock: self.clock, store: store, bonds: bonds, faults: self.faults,
                logger: self.logger)
            let result: Result<Void, any Error>
            do { result = .success(try await self.run(daemon, work, on: bus)) } catch { result = .failure(error) }
            // Calls that wait for a card are answered, so that the connection can close.
            if case .success = result { await daemon.stop(isCrash: true) } else { await daemon.stop() }
            try result.get()
        }
    }

    /// Returns when bluetoothd crashes.
    private func run(_ daemon: Bluetoothd, _ work: WorkQueue, on bus: DBusConnection) async throws {
        let clients = MatchRule(sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged")
        try await bus.withSignals(matching: [clients], capacity: 1024) { signals in
            let world = self.world.read { $0 }
            for card in world.cards.values { await daemon.place(card) }
            try await daemon.start(adapters: world.adapters)
            self.isReady.change { $0 = true }
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Ends with the bus, by throwing.
                group.addTask {
                    while true {
                        for signal in try await signals.next() {
                            if let name = signal.clientThatLeft { await daemon.clientLeft(name) }
                        }
                    }
                }
                group.addTask {
                    while true {
                        try await self.clock.sleep(for: self.settings.advertisingInterval)
                        await daemon.tick()
                    }
                }
                group.addTask { try await self.obey(daemon) }
                group.addTask { try await Self.run(work) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    /// Runs what was added; an item that fails was cancelled or has nobody left to tell.
    private static func run(_ work: WorkQueue) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let item = try await work.next()
                group.addTask { try? await item() }
            }
        }
    }

    /// Does what it is told, one after another; returns when it was told to crash.
    private func obey(_ daemon: Bluetoothd) async throws {
        while true {
            let command = try await commands.when { $0.isEmpty ? nil : $0.removeFirst() }
            if case .restart = command { return faults.count(.hostRestarted) }
            try await perform(command, on: daemon)
        }
    }

    private func perform(_ command: Command, on daemon: Bluetoothd) async throws {
        switch command {
        case .restart: break
        case .place(let card):
            world.change { $0.cards[card.address] = card }
            await daemon.place(card)
        case .remove(let address):
            world.change { $0.cards[address] = nil }
            await daemon.remove(address)
        case .setInRange(let isInRange, let address):
            world.change { $0.cards[address]?.isInRange = isInRange }
            await daemon.setInRange(isInRange, address)
        case .takeAdapter(let address):
            faults.count(.adapterGone)
            world.change { $0.adapters.removeAll { $0 == address } }
            await daemon.takeAway(address)
        case .returnAdapter(let address):
            world.change { $0.adapters.append(address) }
            try await daemon.add(address)
        case .setBlocked(let isBlocked):
            if isBlocked { faults.count(.rfkillBlocked) }
            try await daemon.setBlocked(isBlocked)
        case .dropCardBonds(let card):
            faults.count(.oneSidedBond)
            await daemon.dropCardBonds(of: card)
        }
    }

    /// Suspends until clients see org.bluez with its adapters. Throws `CancellationError`.
    package func untilReady() async throws {
        try await isReady.when { $0 ? () : nil }
    }

    /// Puts a card on the desk, under an address that does not change. A card that was there is taken away.
    ///
    /// - Parameters:
    ///   - identity: what pairing tells of it when `address` is a private one; nil: the same. bluetoothd knows a bonded card by it, and keeps the
    ///     path of its object until it is restarted.
    ///   - maximumTransmissionUnit: ATT_MTU that the card offers; the link gets the smaller one of both sides.
    ///   - faults: what goes wrong, and how fast values go (nil: as fast as they are taken).
    package func place(
        _ card: any LocalService, at address: DeviceAddress, identity: DeviceAddress? = nil, maximumTransmissionUnit: Int = 247, faults: LinkFaults
    ) {
        let placed = PlacedCard(card, at: address, identity: identity ?? address, maximumTransmissionUnit: maximumTransmissionUnit, faults: faults)
        commands.change { $0.append(.place(placed)) }
    }

    /// Takes a card away for good. Its link ends.
    package func remove(_ address: DeviceAddress) {
        commands.change { $0.append(.remove(address)) }
    }

    /// Carries a card out of range (nothing is heard of it, and a link is lost after its supervision timeout), or back.
    package func setInRange(_ isInRange: Bool, _ address: DeviceAddress) {
        commands.change { $0.append(.setInRange(isInRange, address)) }
    }
}

extension SimulatedBlueZHost {
    /// What `cause` cannot do.
    package struct CannotCause: Error, CustomStringConvertible {
        package let description: String
    }

    /// Lets something go wrong, by its name: the next so many times that its moment comes, or at once.
    ///
    /// At once happen `adapter-gone` (the first adapter is unplugged; `end` plugs it in again, under the next hciN), `rfkill-block` (until
    /// `end`), `bluetoothd-restarted` (a crash: the next one starts at once), `one-sided-bond` (the card loses its half of its bonds) and
    /// `bus-lost`.
    ///
    /// - Parameter card: of `one-sided-bond`; nil: all.
    package func cause(_ failure: FailureClass, times: Int = 1, card: DeviceAddress? = nil) throws {
        switch failure {
        case .adapterGone:
            guard let adapter = world.read(\.adapters.first) else { throw CannotCause(description: "There is no adapter to take away.") }
            takeAdapter(adapter)
        case .rfkillBlocked: commands.change { $0.append(.setBlocked(true)) }
        case .hostRestarted: commands.change { $0.append(.restart) }
        case .oneSidedBond: commands.change { $0.append(.dropCardBonds(card)) }
        case .busLost:
            guard let cutBus else { throw CannotCause(description: "The bus is not this process's own: end the dbus-daemon that serves it.") }
            faults.count(.busLost)
            cutBus()
        default: faults.arm(failure, times: times)
        }
    }

    /// Ends what lasts: plugs the adapters in again, lifts rfkill's block, mends the controllers, disarms the rest.
    package func end(_ failure: FailureClass) {
        switch failure {
        case .adapterGone:
            for adapter in unplugged.change({ taken in
                defer { taken = [] }; return taken
            }) { returnAdapter(adapter) }
        case .rfkillBlocked: commands.change { $0.append(.setBlocked(false)) }
        default: faults.disarm(failure)
        }
    }

    /// Unplugs an adapter: its links, devices and discovery end with it.
    package func takeAdapter(_ adapter: DeviceAddress) {
        unplugged.change { $0.append(adapter) }
        commands.change { $0.append(.takeAdapter(adapter)) }
    }

    /// Plugs it in again: it comes back under the next hciN, with its bonds.
    package func returnAdapter(_ adapter: DeviceAddress) {
        unplugged.change { $0.removeAll { $0 == adapter } }
        commands.change { $0.append(.returnAdapter(adapter)) }
    }
}

extension DBusSignal {
    /// The unique name whose connection ended.
    fileprivate var clientThatLeft: String? {
        guard arguments.count == 3, let name = arguments[0].asString, name.hasPrefix(":"), arguments[2].asString == "" else { return nil }
        return name
    }
}
