package import DBus
package import EventLoop
package import GATT
package import Logging

/// The Bluetooth host through bluetoothd (BlueZ 5.66 and later) on a bus.
///
/// `run()` must run beside whoever uses it: it keeps what is known of org.bluez. Other functions wait for it at most 10 s. While there is
/// no bluetoothd they throw `hostUnavailable`; one that comes, or comes back, is followed. Adapters are known by address, devices by
/// address and its type: both may be somewhere else then.
package struct BlueZCentral: Central {
    let bus: DBusConnection
    let receive: ReceiveLoop
    let logger: Logger
    let mirror: HostMirror

    /// - Parameters:
    ///   - bus: the system bus, or a private one with SimulatedBlueZ.
    ///   - receive: receives values from acquired sockets.
    package init(bus: DBusConnection, receive: ReceiveLoop, logger: Logger = Logger(label: "bluez")) {
        self.bus = bus
        self.receive = receive
        self.logger = logger
        mirror = HostMirror(logger: logger)
    }

    /// How long to wait before a bluetoothd that did not answer is asked again.
    private static let askAgain: Duration = .seconds(5)

    /// Follows org.bluez, one bluetoothd after another, until the task is cancelled. When one leaves, its links and discoveries end, and
    /// what they leave behind is undone while the bus is there.
    ///
    /// - Throws: `hostUnavailable` when the connection to the bus is lost: it cannot come back. `CancellationError`.
    package func run() async throws {
        /// Counts the changes of who owns the name, and knows the bus's end.
        let presence = WaitableState<(changes: Int, end: GATTError?)>((0, nil))
        do {
            try await bus.withObserver(matching: Self.rules) { event in
                switch event {
                case .failure(let error):
                    let reason = GATTError(.hostUnavailable, "The connection to the bus is gone.", cause: error.description, failure: .busLost)
                    presence.change { $0.end = reason }
                    mirror.lose(reason)
                case .success(let signal) where signal.member == "NameOwnerChanged":
                    // A bluetoothd that is killed shows only so.
                    mirror.lose(Self.hasLeft)
                    presence.change { $0.changes += 1 }
                case .success(let signal): mirror.apply(signal)
                }
            } while: {
                while true {
                    let changes = presence.read(\.changes)
                    let isThere = try await isThere()
                    let next: @Sendable () async throws -> Void = {
                        try await presence.when {
                            if let end = $0.end { throw end }
                            return $0.changes == changes ? nil : ()
                        }
                    }
                    if isThere { try await next() } else { _ = try await withDeadline(Self.askAgain, clock: ContinuousClock(), next) }
                }
            }
        } catch {
            let error = (error as? DBusError).map { GATTError($0, .other, "Listening to bluetoothd") } ?? error
            mirror.lose(error as? GATTError ?? GATTError(.hostUnavailable, "Nobody listens to bluetoothd any more."))
            try Task.checkCancellation()
            throw error
        }
    }

    private static let hasLeft = GATTError(.hostUnavailable, "bluetoothd left the bus.", failure: .hostRestarted)

    /// Asks the bluetoothd that is there now for everything; remembers why when there is none.
    private func isThere() async throws -> Bool {
        do {
            try await load()
            logger.info("bluetoothd is followed", metadata: ["owner": "\(mirror.state.read { $0.owner ?? "" })"])
            return true
        } catch let error as GATTError {
            if mirror.state.read({ $0.absence }) != error { logger.warning("bluetoothd cannot be followed", metadata: ["reason": "\(error)"]) }
            mirror.lose(error)
            return false
        }
    }

    private static let name = "org.bluez"

    /// No rule for the values of characteristics: those come only to whoever subscribed to one.
    static var rules: [MatchRule] {
        [
            MatchRule(sender: name, interface: Interface.objectManager),
            MatchRule(sender: name, interface: Interface.properties, member: "PropertiesChanged", argument0: Interface.adapter),
            MatchRule(sender: name, interface: Interface.properties, member: "PropertiesChanged", argument0: Interface.device),
            .nameOwnerChanged(name),
        ]
    }

    /// Asks for everything, of one process: its successor would not know what this object does.
    private func load() async throws {
        let what = "Asking bluetoothd for its objects"
        do {
            let dbus = "org.freedesktop.DBus"
            let path = ObjectPath.root.appending("org").appending("freedesktop").appending("DBus")
            let owner = try await bus.call(dbus, path, dbus, "GetNameOwner", [.string(Self.name)], within: .seconds(10))
                .argument(0, "a name", \.asString)
            try await bus.call(owner, .root, Interface.objectManager, "GetManagedObjects", within: .seconds(30)) {
                [mirror] answer throws(DBusError) in
                mirror.load(try answer.argument(0, "objects", \.asEntries), owner: owner)
            }
        } catch {
            if error.kind == .cancelled { throw CancellationError() }
            if error.name == DBusError.nameHasNoOwner {
                throw GATTError(
                    .hostUnavailable, "bluetoothd is not running: start bluetooth.service.", cause: error.description, failure: .hostRestarted)
            }
            throw GATTError(error, .other, what)
        }
    }

    package func adapters() async throws -> [AdapterInfo] {
        try await mirror.look { $0.tree.adapters.values.map(\.info).sorted { $0.name < $1.name } }
    }

    // MARK: Calls

    /// Calls bluetoothd and maps what it answers.
    ///
    /// - Parameters:
    ///   - owner: its unique name. What was begun with one bluetoothd is not undone at its successor.
    ///   - what: what is attempted and on what, as the beginning of a sentence.
    ///   - missing: the code when the object is not there.
    @discardableResult func call(
        _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [], of owner: String, within: Duration,
        as attempt: Attempt, _ what: String, missing: GATTError.Code = .failed
    ) async throws -> [DBusValue] {
        do {
            return try await bus.call(owner, path, interface, member, arguments, within: max(.zero, within))
        } catch {
            try Task.checkCancellation()
            throw GATTError(error, attempt, what, missing: missing)
        }
    }
}
