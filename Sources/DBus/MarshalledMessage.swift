internal import CDBus

/// A message as it stands on the wire (D-Bus Specification 0.41, "Message Format"), read and written as a connection does it but without
/// one: for tests of what strangers may send.
package struct MarshalledMessage: Sendable {
    /// What the header says; texts that it does not have are empty. Any kind of message is read as if it were a signal.
    package let signal: DBusSignal
    /// Of all arguments.
    package let signature: String

    /// - Throws: `invalidMessage` when the bytes do not begin with a whole, valid message without descriptors. What is behind it is ignored.
    package init(_ bytes: [UInt8]) throws(DBusError) {
        var error = unsafe CDBus.DBusError()
        unsafe dbus_error_init(&error)
        defer { unsafe dbus_error_free(&error) }
        let demarshalled = unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.isEmpty
                ? nil : dbus_message_demarshal(buffer.assumingMemoryBound(to: CChar.self).baseAddress, Int32(buffer.count), &error)
        }
        guard let raw = unsafe demarshalled else {
            let reason = unsafe error.message.map { unsafe String(cString: $0) } ?? "they are cut short"
            throw DBusError(.invalidMessage, "The bytes are no message: \(reason)")
        }
        let message = unsafe Message(adopting: raw)
        signature = message.signature
        signal = DBusSignal(
            sender: message.sender, path: message.path, interface: message.interface ?? "", member: message.member,
            arguments: try ArgumentReader.arguments(of: message))
    }

    /// The bytes of a signal with these arguments.
    ///
    /// - Throws: `invalidArgument` for what cannot be sent.
    package static func bytes(of arguments: [DBusValue]) throws(DBusError) -> [UInt8] {
        let message = try Message.signal("Changed", of: "org.example.Interface", from: .root, arguments, to: nil)
        var start: UnsafeMutablePointer<CChar>?
        var count: Int32 = 0
        let isMarshalled = unsafe message.withRaw { raw in
            unsafe dbus_message_set_serial(raw, 1)
            return unsafe dbus_message_marshal(raw, &start, &count) != 0
        }
        guard isMarshalled else { throw DBusError(.tooMuch, "libdbus has no memory for a message.") }
        defer { unsafe dbus_free(start) }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(count)))
    }
}
