package import EventLoop

/// One connection to a bus, with a thread of its own. Lent by `withConnection`; every use afterwards throws `disconnected`.
///
/// All waits end when the bus is lost. All functions can be called from any task, several at a time.
package struct DBusConnection: Sendable {
    let bus: Bus
    /// The connection's own name on the bus (`:1.42`).
    package let uniqueName: String

    /// How long the bus itself may take to answer.
    static let busDeadline = Duration.seconds(10)

    /// Connects, lends the connection and closes it when `body` returns or throws.
    ///
    /// Handlers of exported methods run as children of this call and are cancelled and awaited at its end.
    ///
    /// - Parameter within: for connecting, authentication and Hello together.
    /// - Throws: `unreachable`, `timedOut`, `cancelled` before `body`; afterwards what `body` throws.
    package static func withConnection<R: Sendable>(
        to address: DBusAddress, within: Duration = .seconds(10), _ body: @concurrent @Sendable (DBusConnection) async throws -> R
    ) async throws -> R {
        let bus = try Bus(loop: EventLoopThread(name: "bus"))
        let name = try await bus.open(address, within: within)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bus.runHandlers() }
            let result: Result<R, any Error>
            do { result = .success(try await body(DBusConnection(bus: bus, uniqueName: name))) } catch { result = .failure(error) }
            await bus.close(DBusError(.disconnected, "The connection to the bus was closed."))
            return try result.get()
        }
    }

    /// Suspends until the connection is lost.
    ///
    /// - Returns: why; nil when the task was cancelled first.
    package func untilDisconnected() async -> DBusError? {
        let stream = SignalStream(capacity: 1)
        let id = await bus.attach(Subscription(rules: [], handle: { if case .failure(let error) = $0 { stream.end(error) } }))
        defer { bus.detachLater(id) }
        do {
            while true { _ = try await stream.next() }
        } catch {
            return error.kind == .cancelled ? nil : error
        }
    }

    /// Sleeps on the bus thread's timers, which every signal wakes anyway. Goes on after the connection's end.
    package var clock: LoopClock { LoopClock(on: bus.loop) }

    /// Returns once the bus thread has taken up a job.
    package func turn() async { await bus.turn() }

    // MARK: Calls

    /// Calls a method and returns its results.
    ///
    /// - Parameters:
    ///   - destination: a unique or well-known name. Services are not started for it.
    ///   - within: counted on the bus thread from the moment of sending.
    /// - Throws: `remote` with name and message as they came; `timedOut`, `cancelled`, `disconnected`, `tooMuch`,
    ///   `invalidArgument`. An answer that comes after that is dropped, its descriptors closed.
    package func call(
        _ destination: String, _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [], within: Duration
    ) async throws(DBusError) -> [DBusValue] {
        try await call(destination, path, interface, member, arguments, within: within) { $0 }
    }

    /// Calls a method and reads its results on the bus thread, before any later message is looked at: what `read` stores
    /// is in order with what observers see. `read` must not wait.
    package func call<R: Sendable>(
        _ destination: String, _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = [], within: Duration,
        _ read: @escaping @Sendable ([DBusValue]) throws(DBusError) -> R
    ) async throws(DBusError) -> R {
        let call = OutgoingCall(destination: destination, path: path, interface: interface, member: member, arguments: arguments)
        return try await bus.call(call, within: within, read)
    }

    /// Calls a method and wants no answer: whether it was obeyed, or came at all, is not told.
    package func tell(
        _ destination: String, _ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue] = []
    ) async throws(DBusError) {
        try await bus.tell(OutgoingCall(destination: destination, path: path, interface: interface, member: member, arguments: arguments))
    }

    /// Asks the bus for a well-known name.
    ///
    /// - Throws: `remote` when another process has the name, or the bus's policy refuses it.
    package func requestName(_ name: String) async throws(DBusError) {
        let doNotQueue: UInt32 = 4
        let answer = try await bus.callBus("RequestName", [.string(name), .uint32(doNotQueue)])
        guard try answer.argument(0, "a number", \.asInteger) == 1 else {
            throw DBusError(name: DBusError.accessDenied, message: "The name \(name) belongs to another process.")
        }
    }

    package func releaseName(_ name: String) async throws(DBusError) {
        _ = try await bus.callBus("ReleaseName", [.string(name)])
    }

    // MARK: Signals

    /// Subscribes, lends the signals and unsubscribes. The bus has accepted all rules before `body` runs.
    ///
    /// The stream ends by throwing `disconnected`, or `overflow` when more than `capacity` signals wait.
    package func withSignals<R: Sendable>(
        matching rules: [MatchRule], capacity: Int, _ body: @concurrent @Sendable (SignalStream) async throws -> R
    ) async throws -> R {
        let stream = SignalStream(capacity: capacity)
        return try await withObserver(matching: rules) { event in
            switch event {
            case .success(let signal): stream.put(signal)
            case .failure(let error): stream.end(error)
            }
        } while: {
            try await body(stream)
        }
    }

    /// Subscribes, calls `handler` on the bus thread for each signal while `body` runs, and unsubscribes.
    ///
    /// The handler sees signals in their order among themselves and among the answers that `call` reads. It must not wait.
    /// A failure is the connection's end and the last that it is told.
    package func withObserver<R: Sendable>(
        matching rules: [MatchRule], _ handler: @escaping @Sendable (Result<DBusSignal, DBusError>) -> Void,
        while body: @concurrent @Sendable () async throws -> R
    ) async throws -> R {
        let id = try await bus.subscribe(Subscription(rules: rules, handle: handler))
        let result: Result<R, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await bus.unsubscribe(id)
        return try result.get()
    }

    /// Sends a signal.
    ///
    /// - Parameter destination: only to this name; nil to all who subscribed.
    package func emit(
        _ member: String, of interface: String, from path: ObjectPath, _ arguments: [DBusValue] = [], to destination: String? = nil
    ) async throws(DBusError) {
        try await bus.emit(member, of: interface, from: path, arguments, to: destination)
    }

    // MARK: Exported objects

    /// Adds interfaces to the object at a path; makes it when there was none. Under an object manager, InterfacesAdded is sent.
    /// Introspectable, Properties and Peer are there by themselves.
    ///
    /// - Throws: `invalidArgument` for a bad name, a value that cannot be sent, or an interface that is there already.
    package func export(_ interfaces: [ExportedInterface], at path: ObjectPath) async throws(DBusError) {
        try await bus.export(interfaces, at: path)
    }

    /// Takes an object away, or only some of its interfaces. Under an object manager, InterfacesRemoved is sent. Calls
    /// under way go on. Does nothing when there is none.
    package func unexport(_ path: ObjectPath, interfaces: [String]? = nil) async {
        await bus.unexport(path, interfaces: interfaces)
    }

    /// Puts org.freedesktop.DBus.ObjectManager on a path: it tells of all objects below.
    package func exportObjectManager(at path: ObjectPath) async { await bus.exportObjectManager(at: path) }

    /// Changes properties of an exported object and sends one PropertiesChanged with those that differ.
    ///
    /// - Parameters:
    ///   - removed: properties that are no longer there: sent as invalidated.
    ///   - always: also send values that are as before (such as the Value of a notification).
    ///   - quietly: only who asks sees the change: nothing is sent.
    /// - Throws: `remote` unknownObject when it is not exported; `invalidArgument`.
    package func setProperties(
        _ changes: [String: DBusValue], removing removed: [String] = [], always: Bool = false, quietly: Bool = false, of interface: String,
        at path: ObjectPath
    ) async throws(DBusError) {
        try await bus.setProperties(changes, removing: removed, always: always, quietly: quietly, of: interface, at: path)
    }

    /// The value of an exported property; nil when there is none.
    package func property(_ name: String, of interface: String, at path: ObjectPath) async -> DBusValue? {
        await bus.property(name, of: interface, at: path)
    }
}
