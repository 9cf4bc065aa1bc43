/// A call of a method of an exported object.
package struct DBusMethodCall: Sendable {
    /// The unique name of the caller; the bus vouches for it.
    package let sender: String
    package let path: ObjectPath
    package let interface: String
    package let member: String
    /// Of the types that the method declares.
    package let arguments: [DBusValue]
    /// Whether the caller wants to know what comes of it.
    package let wantsAnswer: Bool

    package init(sender: String, path: ObjectPath, interface: String, member: String, arguments: [DBusValue], wantsAnswer: Bool = true) {
        self.sender = sender
        self.path = path
        self.interface = interface
        self.member = member
        self.arguments = arguments
        self.wantsAnswer = wantsAnswer
    }
}
