/// A signal as it came.
package struct DBusSignal: Sendable, Equatable {
    /// The unique name of who sent it (`:1.5`, or `org.freedesktop.DBus`); the bus vouches for it.
    package let sender: String
    package let path: ObjectPath
    package let interface: String
    package let member: String
    package let arguments: [DBusValue]

    package init(sender: String, path: ObjectPath, interface: String, member: String, arguments: [DBusValue]) {
        self.sender = sender
        self.path = path
        self.interface = interface
        self.member = member
        self.arguments = arguments
    }
}
