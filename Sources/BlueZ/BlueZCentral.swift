package import DBus
package import EventLoop
package import GATT
package import Logging

/// The Bluetooth host through bluetoothd (BlueZ 5.66 and later) on a bus.
///
/// `run()` must run beside whoever uses it: it keeps what is known of org.bluez. Other functions wait for it at most 10 s.
/// When it has ended, this object is of no more use: make another one, on a connection that is alive.
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

    /// Follows org.bluez until the task is cancelled.
    ///
    /// - Throws: `hostUnavailable` when bluetoothd is not there, leaves the bus, or the bus is lost; `CancellationError`.
    ///   All links and discoveries have ended by then; what they leave behind is still undone while the bus is there.
    package func run() async throws {
        let ended = WaitableState<GATTError?>(nil)
        do {
            try await bus.withObserver(matching: Self.rules) { event in
                switch event {
                case .failure(let error):
                    let reason = GATTError(.hostUnavailable, "The connection to the bus is gone.", cause: error.description)
                    ended.change { $0 = $0 ?? reason }
                case .success(let signal) where signal.member == "NameOwnerChanged":
                    let reason = GATTError(.hostUnavailable, "bluetoothd left the bus, or came to it: it was stopped, restarted or crashed.")
                    ended.change { $0 = $0 ?? reason }
                    mirror.end(reason)
                case .success(let signal): mirror.apply(signal)
                }
            } while: {
                try await load()
                throw try await ended.when { $0 }
            }
        } catch {
            let error = (error as? DBusError).map { GATTError($0, .other, "Listening to bluetoothd") } ?? error
            mirror.end(error as? GATTError ?? GATTError(.hostUnavailable, "Nobody listens to bluetoothd any more."))
            try Task.checkCancellation()
            throw error
        }
    }

    private static let name = "org.bluez"

    /// No rule for the values of characteristics: those come only to whoever subscribed to one.
    private static var rules: [MatchRule] {
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
                throw GATTError(.hostUnavailable, "bluetoothd is not running: start bluetooth.service.", cause: error.description)
            }
            throw GATTError(error, .other, what)
        }
    }

    package func adapters() async throws -> [AdapterInfo] {
        try await mirror.look { $0.tree.adapters.values.map(\.info).sorted { $0.name < $1.name } }
    }

    // MARK: Calls

    /// The unique name of the bluetoothd that is followed, also after that ended: what was begun can still be undone.
    func owner() async throws -> String {
        if let owner = mirror.state.read(\.owner) { return owner }
        return try await mirror.look { $0.owner ?? Self.name }
    }

    /// Calls bluetoothd and maps what it answers.
    ///
    /// - Parameters:
    ///   - what: what is attempted and on what, as the beginning of a sentence.
    ///   - missing: the code when the object is not there.
    @discardableResult func call(
        _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [], within: Duration, as attempt: Attempt,
        _ what: String,
        missing: GATTError.Code = .failed
    ) async throws -> [DBusValue] {
        let owner = try await owner()
        do {
            return try await bus.call(owner, path, interface, member, arguments, within: max(.zero, within))
        } catch {
            try Task.checkCancellation()
            throw GATTError(error, attempt, what, missing: missing)
        }
    }
}
