internal import CDBus
internal import EventLoop

/// The one owner of a private libdbus connection. Used on its loop's thread only.
///
/// Calls are matched to answers by `Bus`, so libdbus never needs a timeout or a pending call of its own.
@safe final class Wire {
    /// More than this waiting to be sent means that the bus does not read: further messages are refused.
    static let mostOutgoingBytes = 32 << 20

    /// The longest message of the D-Bus Specification. libdbus ends the connection at a longer one than it is told here, and
    /// dbus-daemon hands on what any user of the machine sends us, as long as its own limit (32 MiB) lets it.
    static let mostIncomingBytes = 128 << 20

    private let connection: OpaquePointer
    private let loop: EventLoopThread
    private let whenReady: @Sendable (Readiness) -> Void
    /// libdbus has one watch for reading and one for writing, on one descriptor.
    private var watches: [OpaquePointer] = unsafe []
    private var watched: (id: EventLoopThread.WatchID, readiness: Readiness)?

    /// Connects the socket; authentication goes on by itself when the loop runs.
    ///
    /// - Parameter whenReady: is called on the loop's thread; hand it to `handle`.
    init(_ address: DBusAddress, on loop: EventLoopThread, whenReady: @escaping @Sendable (Readiness) -> Void) throws(DBusError) {
        dbus_threads_init_default()
        var error = unsafe CDBus.DBusError()
        unsafe dbus_error_init(&error)
        guard let opened = unsafe dbus_connection_open_private(address.text, &error) else {
            let reason = unsafe error.message.map { unsafe String(cString: $0) } ?? "no reason given"
            unsafe dbus_error_free(&error)
            throw DBusError(.unreachable, "Cannot connect to the bus at \(address.text): \(reason)")
        }
        unsafe connection = unsafe opened
        self.loop = loop
        self.whenReady = whenReady
        unsafe dbus_connection_set_exit_on_disconnect(connection, 0)
        unsafe dbus_connection_set_max_message_size(connection, Self.mostIncomingBytes)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        // The functions hold no reference: `close` takes them off.
        unsafe dbus_connection_set_watch_functions(
            connection,
            { watch, data in unsafe Wire.from(data)?.add(watch) ?? 1 },
            { watch, data in unsafe Wire.from(data)?.remove(watch) },
            { _, data in unsafe Wire.from(data)?.update() }, context, nil)
    }

    /// The end; nothing may be called afterwards.
    func close() {
        unsafe dbus_connection_set_watch_functions(connection, nil, nil, nil, nil, nil)
        if let watched { loop.unwatch(watched.id) }
        watched = nil
        unsafe dbus_connection_close(connection)
        unsafe dbus_connection_unref(connection)
    }

    /// Reads and writes what is ready.
    func handle(_ readiness: Readiness) {
        var flags: UInt32 = 0
        if readiness.contains(.readable) { flags |= DBUS_WATCH_READABLE.rawValue }
        if readiness.contains(.writable) { flags |= DBUS_WATCH_WRITABLE.rawValue }
        if readiness.contains(.hungUp) { flags |= DBUS_WATCH_HANGUP.rawValue }
        if readiness.contains(.failed) { flags |= DBUS_WATCH_ERROR.rawValue }
        let current = unsafe watches
        for position in unsafe current.indices {
            // Handling one can take away another.
            let watch = unsafe current[position]
            guard unsafe watches.contains(watch), unsafe dbus_watch_get_enabled(watch) != 0 else { continue }
            let wanted = unsafe dbus_watch_get_flags(watch) | DBUS_WATCH_HANGUP.rawValue | DBUS_WATCH_ERROR.rawValue
            if flags & wanted != 0 { unsafe dbus_watch_handle(watch, flags & wanted) }
        }
    }

    /// The next message that came; nil when there is none now.
    func next() -> Message? {
        guard let raw = unsafe dbus_connection_pop_message(connection) else { return nil }
        return unsafe Message(adopting: raw)
    }

    /// Queues a message; the loop writes it.
    ///
    /// - Returns: its serial, which an answer repeats.
    func send(_ message: borrowing Message) throws(DBusError) -> UInt32 {
        guard unsafe dbus_connection_get_outgoing_size(connection) < Self.mostOutgoingBytes else {
            throw DBusError(.tooMuch, "The bus does not take messages as fast as they are sent.")
        }
        var serial: UInt32 = 0
        let isQueued = unsafe message.withRaw { raw in unsafe dbus_connection_send(connection, raw, &serial) != 0 }
        guard isQueued else { throw DBusError(.tooMuch, "libdbus has no memory for a message.") }
        return serial
    }

    /// What the bus answered to Hello.
    func setUniqueName(_ name: String) { unsafe dbus_bus_set_unique_name(connection, name) }

    private static func from(_ data: UnsafeMutableRawPointer?) -> Wire? {
        unsafe data.map { unsafe Unmanaged<Wire>.fromOpaque($0).takeUnretainedValue() }
    }

    private func add(_ watch: OpaquePointer?) -> UInt32 {
        if let watch = unsafe watch { unsafe watches.append(watch) }
        return update() ? 1 : 0
    }

    private func remove(_ watch: OpaquePointer?) {
        unsafe watches.removeAll { unsafe $0 == watch }
        update()
    }

    /// Waits for what the enabled watches want.
    @discardableResult private func update() -> Bool {
        var flags: UInt32 = 0
        for position in unsafe watches.indices where unsafe dbus_watch_get_enabled(watches[position]) != 0 {
            flags |= unsafe dbus_watch_get_flags(watches[position])
        }
        var readiness: Readiness = []
        if flags & DBUS_WATCH_READABLE.rawValue != 0 { readiness.insert(.readable) }
        if flags & DBUS_WATCH_WRITABLE.rawValue != 0 { readiness.insert(.writable) }
        do {
            if let known = watched {
                guard known.readiness != readiness else { return true }
                if readiness.isEmpty {
                    loop.unwatch(known.id)
                    watched = nil
                } else {
                    try loop.change(known.id, to: readiness)
                    watched = (known.id, readiness)
                }
            } else if !readiness.isEmpty, let first = unsafe watches.first {
                watched = (try loop.watch(unsafe dbus_watch_get_unix_fd(first), for: readiness, whenReady), readiness)
            }
            return true
        } catch {
            return false
        }
    }
}
