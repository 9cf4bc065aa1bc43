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
    }

    private let address: DBusAddress
    private let adapters: [DeviceAddress]
    private let stateFolder: String
    private let clock: any Clock<Duration>
    private let settings: SimulatedSettings
    private let logger: Logger
    private let work = WorkQueue()
    private let commands = WaitableState<[Command]>([])
    private let isReady = WaitableState(false)

    /// - Parameters:
    ///   - address: of a private bus; this process takes the name org.bluez on it.
    ///   - adapters: become hci0, hci1 … in this order. Every adapter hears every card.
    ///   - stateFolder: exists; keeps the bonds, as /var/lib/bluetooth does.
    ///   - clock: everything that takes time is counted on it.
    package init(
        bus address: DBusAddress, adapters: [DeviceAddress], stateFolder: String, clock: any Clock<Duration> = ContinuousClock(),
        settings: SimulatedSettings = SimulatedSettings(), logger: Logger = Logger(label: "simulated-bluez")
    ) {
        self.address = address
        self.adapters = adapters
        self.stateFolder = stateFolder
        self.clock = clock
        self.settings = settings
        self.logger = logger
    }

    /// Runs until the task is cancelled or the bus is lost; links end with it, bonds stay.
    ///
    /// - Throws: `DBusError` (`unreachable`, `disconnected`; `remote` when the name org.bluez is taken), an error that names the
    ///   file when the bonds cannot be read, `CancellationError`.
    package func run() async throws {
        let store = try BondStore(folder: stateFolder)
        let bonds = try await store.load()
        try await DBusConnection.withConnection(to: address) { bus in
            let daemon = try Bluetoothd(
                bus: bus, work: self.work, settings: self.settings, clock: self.clock, store: store, bonds: bonds, logger: self.logger)
            let result: Result<Void, any Error>
            do { result = .success(try await self.run(daemon, on: bus)) } catch { result = .failure(error) }
            // Calls that wait for a card are answered, so that the connection can close.
            await daemon.stop()
            try result.get()
        }
    }

    private func run(_ daemon: Bluetoothd, on bus: DBusConnection) async throws {
        let clients = MatchRule(sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged")
        try await bus.withSignals(matching: [clients], capacity: 1024) { signals in
            try await daemon.start(adapters: self.adapters)
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
                group.addTask {
                    while true {
                        let commands = try await self.commands.when { $0.isEmpty ? nil : $0 }
                        self.commands.change { $0.removeFirst(commands.count) }
                        for command in commands { await self.perform(command, on: daemon) }
                    }
                }
                group.addTask { try await self.runWork() }
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Runs what was added; an item that fails was cancelled or has nobody left to tell.
    private func runWork() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let item = try await work.next()
                group.addTask { try? await item() }
            }
        }
    }

    private func perform(_ command: Command, on daemon: Bluetoothd) async {
        switch command {
        case .place(let card): await daemon.place(card)
        case .remove(let address): await daemon.remove(address)
        case .setInRange(let isInRange, let address): await daemon.setInRange(isInRange, address)
        }
    }

    /// Suspends until clients see org.bluez with its adapters. Throws `CancellationError`.
    package func untilReady() async throws {
        try await isReady.when { $0 ? () : nil }
    }

    /// Puts a card on the desk, under an address that does not change. A card that was there is taken away.
    ///
    /// - Parameters:
    ///   - maximumTransmissionUnit: ATT_MTU that the card offers; the link gets the smaller one of both sides.
    ///   - faults: what goes wrong, and how fast values go (nil: as fast as they are taken).
    package func place(_ card: any LocalService, at address: DeviceAddress, maximumTransmissionUnit: Int = 247, faults: LinkFaults) {
        let placed = PlacedCard(card, at: address, maximumTransmissionUnit: maximumTransmissionUnit, faults: faults)
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

extension DBusSignal {
    /// The unique name whose connection ended.
    fileprivate var clientThatLeft: String? {
        guard arguments.count == 3, let name = arguments[0].asString, name.hasPrefix(":"), arguments[2].asString == "" else { return nil }
        return name
    }
}
