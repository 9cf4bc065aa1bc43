package import DBus
internal import EventLoop
package import GATT
package import Logging

/// A real adapter as a device: one `LocalService` through bluetoothd (org.bluez.GattManager1 and LEAdvertisingManager1).
///
/// It becomes the default agent of bluetoothd and decides whether the adapter is pairable: whoever serves takes the adapter for itself.
/// Of several centrals the first has the link; others are disconnected. A central with a bond stays subscribed over a lost link without
/// anybody being told, so whatever bluetoothd notifies counts as subscribed on the next link too, whoever made that one.
package struct BlueZServer: Sendable {
    /// What the device can show and take in a pairing, in the words of Agent1 (Core 5.4, Vol 3, Part H, 2.3.2).
    package enum Abilities: String, Sendable, CaseIterable {
        case display = "DisplayOnly"
        case keyboard = "KeyboardOnly"
        case comparison = "DisplayYesNo"
        case none = "NoInputNoOutput"
    }

    let bus: DBusConnection
    let service: any LocalService
    let adapterName: String?
    let abilities: Abilities
    let faults: LinkFaults
    let logger: Logger
    let loop: EventLoopThread
    /// Out of range on purpose: not advertising, every link refused.
    let isAway = WaitableState(false)

    /// - Parameters:
    ///   - bus: the system bus.
    ///   - adapter: its name (hci1) or address; nil: the first one. It stays with the address that it found first.
    ///   - faults: asked for every value that the service sends.
    /// - Throws: `SystemError` when no thread can be started.
    package init(
        _ service: any LocalService, bus: DBusConnection, adapter: String?, abilities: Abilities, faults: LinkFaults,
        logger: Logger = Logger(label: "bluez")
    ) throws {
        self.service = service
        self.bus = bus
        adapterName = adapter
        self.abilities = abilities
        self.faults = faults
        self.logger = logger
        loop = try EventLoopThread(name: "notify")
    }

    /// Takes the device out of range, or back.
    package func setAway(_ isAway: Bool) { self.isAway.change { $0 = isAway } }

    private static let name = "org.bluez"
    private static let again: Duration = .seconds(2)

    /// Serves until the task is cancelled. Registers again whenever bluetoothd or the adapter comes back.
    ///
    /// - Parameter ready: called once, when everything is registered for the first time, with the adapter's address.
    /// - Throws: `CancellationError`; `hostUnavailable` when the bus is lost; before `ready` also whatever bluetoothd refused.
    package func run(ready: @escaping @Sendable (DeviceAddress) -> Void) async throws {
        let owner = WaitableState<Owner>(.unknown)
        try await bus.withObserver(matching: [.nameOwnerChanged(Self.name)]) { event in
            switch event {
            case .failure(let error): owner.change { $0 = .busLost(error.description) }
            case .success(let signal):
                guard signal.arguments.count == 3, let name = signal.arguments[2].asString else { return }
                owner.change { $0 = name.isEmpty ? .nobody : .process(name) }
            }
        } while: {
            try await learn(owner)
            let wasReady = WaitableState<DeviceAddress?>(nil)
            while true {
                let name = try await owner.when { try $0.name }
                do {
                    try await whileOwned(by: name, owner) {
                        let session = ServingSession(server: self, owner: name, adapter: wasReady.read { $0 })
                        try await session.run { address in
                            guard
                                wasReady.change({ known in
                                    known == nil
                                        ? {
                                            known = address; return true
                                        }() : false
                                })
                            else { return }
                            ready(address)
                        }
                    }
                } catch let error as GATTError {
                    guard wasReady.read({ $0 != nil }) else { throw error }
                    logger.notice("The device is off the air and will be registered again", metadata: ["reason": "\(error)"])
                    if owner.read({ $0 }) == .process(name) { try await Task.sleep(for: Self.again) }
                }
            }
        }
    }

    private enum Owner: Sendable, Equatable {
        case unknown
        case nobody
        case process(String)
        case busLost(String)

        /// nil: wait.
        var name: String? {
            get throws {
                switch self {
                case .unknown, .nobody: nil
                case .process(let name): name
                case .busLost(let cause): throw GATTError(.hostUnavailable, "The connection to the bus is gone.", cause: cause)
                }
            }
        }
    }

    private func learn(_ owner: WaitableState<Owner>) async throws {
        let path = ObjectPath.root.appending("org").appending("freedesktop").appending("DBus")
        do {
            let name = try await bus.call(
                "org.freedesktop.DBus", path, "org.freedesktop.DBus", "GetNameOwner", [.string(Self.name)], within: .seconds(10)
            ).argument(0, "a name", \.asString)
            owner.change { if $0 == .unknown { $0 = .process(name) } }
        } catch {
            try Task.checkCancellation()
            throw GATTError(.hostUnavailable, "bluetoothd is not running: start bluetooth.service.", cause: error.description)
        }
    }

    /// Runs `body` until it ends or the name belongs to another process.
    private func whileOwned(by name: String, _ owner: WaitableState<Owner>, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await body() }
            group.addTask {
                try await owner.when { $0 == .process(name) ? nil : () }
                throw GATTError(.hostUnavailable, "bluetoothd left the bus: it was stopped, restarted or crashed.")
            }
            try await group.next()
        }
    }
}
