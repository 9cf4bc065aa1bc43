internal import CDBus

/// Owns one reference to a libdbus message. Descriptors that were not taken out are closed with it.
@safe struct Message: ~Copyable {
    enum Kind {
        case call
        case answer
        case error
        case signal
        case unknown
    }

    /// Who called, and by which message.
    struct Caller: Sendable {
        let name: String
        let serial: UInt32
    }

    private let raw: OpaquePointer

    /// - Parameter raw: a reference that the message now owns.
    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }
    deinit { unsafe dbus_message_unref(raw) }

    borrowing func withRaw<R: ~Copyable, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R { try unsafe body(raw) }

    var kind: Kind {
        switch unsafe dbus_message_get_type(raw) {
        case DBUS_MESSAGE_TYPE_METHOD_CALL: .call
        case DBUS_MESSAGE_TYPE_METHOD_RETURN: .answer
        case DBUS_MESSAGE_TYPE_ERROR: .error
        case DBUS_MESSAGE_TYPE_SIGNAL: .signal
        default: .unknown
        }
    }

    var answeredSerial: UInt32 { unsafe dbus_message_get_reply_serial(raw) }
    /// Whom an answer to this call goes to; nil when none is wanted.
    var caller: Caller? { unsafe dbus_message_get_no_reply(raw) == 0 ? Caller(name: sender, serial: dbus_message_get_serial(raw)) : nil }
    var sender: String { unsafe Self.text(dbus_message_get_sender(raw)) ?? "" }
    var path: ObjectPath { unsafe Self.text(dbus_message_get_path(raw)).flatMap { ObjectPath($0) } ?? .root }
    var interface: String? { unsafe Self.text(dbus_message_get_interface(raw)) }
    var member: String { unsafe Self.text(dbus_message_get_member(raw)) ?? "" }
    var errorName: String { unsafe Self.text(dbus_message_get_error_name(raw)) ?? DBusError.failed }
    var signature: String { unsafe Self.text(dbus_message_get_signature(raw)) ?? "" }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? { unsafe pointer.map { unsafe String(cString: $0) } }

    // MARK: New messages. Names are checked here since libdbus ends the process over a bad one.

    static func call(_ call: OutgoingCall) throws(DBusError) -> Message {
        try Names.check(bus: call.destination)
        try Names.check(interface: call.interface)
        try Names.check(member: call.member)
        let raw = unsafe dbus_message_new_method_call(call.destination, call.path.text, call.interface, call.member)
        let message = unsafe try adopt(raw)
        unsafe dbus_message_set_auto_start(message.raw, 0)
        try ArgumentWriter.append(call.arguments, to: message)
        return message
    }

    static func signal(
        _ member: String, of interface: String, from path: ObjectPath, _ arguments: [DBusValue], to destination: String?
    ) throws(DBusError) -> Message {
        try Names.check(interface: interface)
        try Names.check(member: member)
        let message = unsafe try adopt(dbus_message_new_signal(path.text, interface, member))
        if let destination {
            try Names.check(bus: destination)
            guard unsafe dbus_message_set_destination(message.raw, destination) != 0 else { throw outOfMemory }
        }
        try ArgumentWriter.append(arguments, to: message)
        return message
    }

    static func answer(to caller: Caller, _ arguments: [DBusValue]) throws(DBusError) -> Message {
        let message = unsafe try adopt(dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN))
        try message.address(to: caller)
        try ArgumentWriter.append(arguments, to: message)
        return message
    }

    static func error(to caller: Caller, _ error: DBusError) throws(DBusError) -> Message {
        let message = unsafe try adopt(dbus_message_new(DBUS_MESSAGE_TYPE_ERROR))
        try message.address(to: caller)
        guard unsafe dbus_message_set_error_name(message.raw, Names.isInterface(error.name) ? error.name : DBusError.failed) != 0 else {
            throw outOfMemory
        }
        try ArgumentWriter.append([.string(Names.withoutNUL(error.message))], to: message)
        return message
    }

    private borrowing func address(to caller: Caller) throws(DBusError) {
        let isSet = unsafe dbus_message_set_reply_serial(raw, caller.serial) != 0 && dbus_message_set_destination(raw, caller.name) != 0
        guard isSet else { throw Self.outOfMemory }
        withoutAnswer()
    }

    /// Tells the receiver not to answer.
    borrowing func withoutAnswer() { unsafe dbus_message_set_no_reply(raw, 1) }

    private static let outOfMemory = DBusError(.tooMuch, "libdbus has no memory for a message.")

    private static func adopt(_ raw: OpaquePointer?) throws(DBusError) -> Message {
        guard let raw = unsafe raw else { throw outOfMemory }
        return unsafe Message(adopting: raw)
    }
}
