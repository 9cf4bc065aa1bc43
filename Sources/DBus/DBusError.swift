/// Why something on the bus did not succeed: the peer's own words, or what happened on this side.
package struct DBusError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The peer or the bus answered with the error `name`.
        case remote
        /// No answer within the time that was allowed.
        case timedOut
        /// The task was cancelled. The answer, when it comes, is dropped with its descriptors.
        case cancelled
        /// The connection to the bus is gone, with everything on it.
        case disconnected
        /// The bus cannot be reached or refused this process.
        case unreachable
        /// A signal came while the subscription's queue was full.
        case overflow
        /// More calls or bytes wait here than the connection may hold.
        case tooMuch
        /// An argument, name or rule of the caller cannot be sent.
        case invalidArgument
        /// What a peer sent does not have the expected types.
        case invalidMessage
    }

    package let kind: Kind
    /// The error's name on the bus (`org.bluez.Error.Failed`): as it came, or what a local kind is called there.
    package let name: String
    /// For a person. Of a remote error, its message as it came; may be empty.
    package let message: String

    /// An error that a peer sent, or that a handler of an exported method answers with.
    package init(name: String, message: String) {
        kind = .remote
        self.name = name
        self.message = message
    }

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
        name =
            switch kind {
            case .timedOut: "org.freedesktop.DBus.Error.NoReply"
            case .disconnected, .cancelled: "org.freedesktop.DBus.Error.Disconnected"
            case .unreachable: "org.freedesktop.DBus.Error.NoServer"
            case .overflow, .tooMuch: "org.freedesktop.DBus.Error.LimitsExceeded"
            case .invalidArgument, .invalidMessage: "org.freedesktop.DBus.Error.InvalidArgs"
            case .remote: "org.freedesktop.DBus.Error.Failed"
            }
    }

    package var description: String { kind == .remote ? (message.isEmpty ? name : "\(name): \(message)") : message }

    package static let unknownMethod = "org.freedesktop.DBus.Error.UnknownMethod"
    package static let unknownObject = "org.freedesktop.DBus.Error.UnknownObject"
    package static let unknownInterface = "org.freedesktop.DBus.Error.UnknownInterface"
    package static let unknownProperty = "org.freedesktop.DBus.Error.UnknownProperty"
    package static let propertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly"
    package static let serviceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown"
    package static let nameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner"
    package static let accessDenied = "org.freedesktop.DBus.Error.AccessDenied"
    package static let noReply = "org.freedesktop.DBus.Error.NoReply"
    package static let failed = "org.freedesktop.DBus.Error.Failed"
    package static let invalidArgs = "org.freedesktop.DBus.Error.InvalidArgs"
}
