internal import Synchronization

/// A method call to be sent.
struct OutgoingCall: Sendable {
    let destination: String
    let path: ObjectPath
    let interface: String
    let member: String
    let arguments: [DBusValue]

    /// For errors.
    var name: String { "\(interface).\(member) on \(path) of \(destination)" }
}

/// Finds a call again to cancel it: 0 before it was sent. Written and read on the bus thread only.
final class CallToken: Sendable {
    let serial = Atomic<UInt32>(0)
}
