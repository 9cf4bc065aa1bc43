internal import EventLoop
internal import Synchronization

/// The actor in front of libdbus: calls under way, subscriptions and exported objects of one connection.
actor Bus {
    /// Calls that wait for an answer; dbus-daemon itself allows 50,000 on a session bus.
    static let mostCalls = 20_000
    /// Messages looked at before other work of the loop gets its turn.
    private static let batch = 128

    nonisolated let loop: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private enum Phase {
        case closed(DBusError)
        case open(Wire)
    }

    private struct Waiting {
        let name: String
        let timer: EventLoopThread.TimerID
        let complete: (Result<[DBusValue], DBusError>) -> Void
    }

    private var phase = Phase.closed(DBusError(.disconnected, "The connection to the bus is not open yet."))
    private var waiting: [UInt32: Waiting] = [:]
    private var isDraining = false
    var subscriptions: [UInt64: Subscription] = [:]
    var lastSubscription: UInt64 = 0
    var rules = MatchRules()
    /// Who owns the well-known names that subscriptions name as senders.
    var owners: [String: (users: Int, owner: String?)] = [:]
    var objects = ObjectTree()
    var handlers = HandlerCalls()

    init(loop: EventLoopThread) { self.loop = loop }

    func turn() {}

    /// Connects and says Hello.
    ///
    /// - Returns: the connection's unique name.
    func open(_ address: DBusAddress, within: Duration) async throws(DBusError) -> String {
        // Weak: the wire is the bus's, and the loop must not keep either.
        phase = .open(
            try Wire(address, on: loop) { [weak self] readiness in
                self?.assumeIsolated { $0.handle(readiness) }
            })
        do {
            let name = try await callBus("Hello", within: within).argument(0, "a name", \.asString)
            if case .open(let wire) = phase { wire.setUniqueName(name) }
            return name
        } catch {
            let reason = error.kind == .disconnected ? DBusError(.unreachable, "The bus at \(address.text) refused this process.") : error
            close(reason)
            throw reason
        }
    }

    /// Ends everything that waits. The first reason counts.
    func close(_ reason: DBusError) {
        guard case .open(let wire) = phase else { return }
        phase = .closed(reason)
        wire.close()
        let calls = waiting
        waiting = [:]
        for call in calls.values {
            loop.cancel(call.timer)
            call.complete(.failure(DBusError(.disconnected, "\(reason.message) It was waiting for \(call.name).")))
        }
        for subscription in subscriptions.values { subscription.handle(.failure(reason)) }
        subscriptions = [:]
        // Their handlers hold whoever exported them, who may hold this connection.
        objects = ObjectTree()
        handlers.incoming.end(reason)
    }

    /// Why the connection is closed; nil while it is open.
    var closedBecause: DBusError? { if case .closed(let reason) = phase { reason } else { nil } }

    // MARK: Calls

    func call<R: Sendable>(
        _ call: OutgoingCall, within: Duration, _ read: @escaping @Sendable ([DBusValue]) throws(DBusError) -> R
    ) async throws(DBusError) -> R {
        let token = CallToken()
        let result: Result<R, DBusError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: .failure(Self.cancelled(call))) }
                start(call, within: within, token) { answer in
                    continuation.resume(returning: answer.flatMap { values in Result { () throws(DBusError) in try read(values) } })
                }
            }
        } onCancel: {
            // Runs after the call was sent, or before, and then sees nothing to cancel while the call sees the cancellation.
            loop.run { [self] in assumeIsolated { $0.cancel(token, Self.cancelled(call)) } }
        }
        return try result.get()
    }

    func tell(_ call: OutgoingCall) throws(DBusError) {
        let message = try Message.call(call)
        message.withoutAnswer()
        _ = try send(message)
    }

    /// Sends a call; `complete` is called once, on this actor.
    func start(
        _ call: OutgoingCall, within: Duration, _ token: CallToken = CallToken(), _ complete: @escaping (Result<[DBusValue], DBusError>) -> Void
    ) {
        do throws(DBusError) {
            guard waiting.count < Self.mostCalls else { throw DBusError(.tooMuch, "\(Self.mostCalls) calls wait for answers already.") }
            let serial = try send(Message.call(call))
            token.serial.store(serial, ordering: .relaxed)
            let timer = loop.schedule(after: within) { [weak self] in
                self?.assumeIsolated { $0.cancel(token, DBusError(.timedOut, "No answer within \(within) to \(call.name).")) }
            }
            waiting[serial] = Waiting(name: call.name, timer: timer, complete: complete)
        } catch {
            complete(.failure(error))
        }
    }

    private func cancel(_ token: CallToken, _ reason: DBusError) {
        guard let call = waiting.removeValue(forKey: token.serial.load(ordering: .relaxed)) else { return }
        loop.cancel(call.timer)
        call.complete(.failure(reason))
    }

    private static func cancelled(_ call: OutgoingCall) -> DBusError { DBusError(.cancelled, "The call \(call.name) was cancelled.") }

    /// Calls the bus itself.
    func callBus(_ member: String, _ arguments: [DBusValue] = [], within: Duration = DBusConnection.busDeadline) async throws(DBusError)
        -> [DBusValue]
    {
        try await call(Self.busCall(member, arguments), within: within) { $0 }
    }

    static func busCall(_ member: String, _ arguments: [DBusValue]) -> OutgoingCall {
        OutgoingCall(destination: busName, path: busPath, interface: busName, member: member, arguments: arguments)
    }

    static let busName = "org.freedesktop.DBus"
    private static let busPath = ObjectPath.root.appending("org").appending("freedesktop").appending("DBus")

    @discardableResult func send(_ message: consuming Message) throws(DBusError) -> UInt32 {
        switch phase {
        case .closed(let reason): throw DBusError(.disconnected, reason.message)
        case .open(let wire): return try wire.send(message)
        }
    }

    // MARK: Messages that come

    private func handle(_ readiness: Readiness) {
        guard case .open(let wire) = phase else { return }
        wire.handle(readiness)
        if !isDraining { drain() }
    }

    private func drain() {
        isDraining = false
        for _ in 0..<Self.batch {
            guard case .open(let wire) = phase, let message = wire.next() else { return }
            take(message)
        }
        isDraining = true
        loop.run { [weak self] in self?.assumeIsolated { $0.drain() } }
    }

    private func take(_ message: consuming Message) {
        switch message.kind {
        case .answer, .error: takeAnswer(message)
        case .signal: takeSignal(message)
        case .call: takeCall(message)
        case .unknown: break
        }
    }

    /// An answer that nobody waits for any more closes its descriptors with the message.
    private func takeAnswer(_ message: borrowing Message) {
        guard let call = waiting.removeValue(forKey: message.answeredSerial) else { return }
        loop.cancel(call.timer)
        call.complete(
            Result { () throws(DBusError) in
                let arguments = try ArgumentReader.arguments(of: message)
                guard message.kind == .answer else { throw DBusError(name: message.errorName, message: arguments.first?.asString ?? "") }
                return arguments
            })
    }

    private func takeSignal(_ message: borrowing Message) {
        let interface = message.interface ?? ""
        if interface == "org.freedesktop.DBus.Local" {
            // libdbus makes this one itself and accepts it from nobody.
            if message.member == "Disconnected" { close(DBusError(.disconnected, "The connection to the bus was lost.")) }
            return
        }
        // Anybody may send us signals: what nobody asked for is not read.
        let header = DBusSignal(sender: message.sender, path: message.path, interface: interface, member: message.member, arguments: [])
        guard isWanted(header), let arguments = try? ArgumentReader.arguments(of: message) else { return }
        deliver(DBusSignal(sender: header.sender, path: header.path, interface: interface, member: header.member, arguments: arguments))
    }
}
