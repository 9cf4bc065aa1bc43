/// The errors that bluetoothd answers with, by the last part of their names (`org.bluez.Error.Failed`).
///
/// From src/error.c, src/adapter.c, src/device.c, src/agent.c and src/gatt-client.c of BlueZ 5.66, with the names that other releases use.
enum BlueZError: String, Sendable, CaseIterable {
    case agentNotAvailable = "AgentNotAvailable"
    case alreadyConnected = "AlreadyConnected"
    case alreadyExists = "AlreadyExists"
    case authenticationCanceled = "AuthenticationCanceled"
    case authenticationFailed = "AuthenticationFailed"
    case authenticationRejected = "AuthenticationRejected"
    case authenticationTimeout = "AuthenticationTimeout"
    case blocked = "Blocked"
    case canceled = "Canceled"
    case connectionAttemptFailed = "ConnectionAttemptFailed"
    case doesNotExist = "DoesNotExist"
    case failed = "Failed"
    case improperlyConfigured = "ImproperlyConfigured"
    case inProgress = "InProgress"
    case invalidArguments = "InvalidArguments"
    case invalidLength = "InvalidLength"
    case invalidOffset = "InvalidOffset"
    case invalidValueLength = "InvalidValueLength"
    case noSuchAdapter = "NoSuchAdapter"
    case notAcquired = "NotAcquired"
    case notAuthorized = "NotAuthorized"
    case notAvailable = "NotAvailable"
    case notConnected = "NotConnected"
    case notFound = "NotFound"
    case notPaired = "NotPaired"
    case notPermitted = "NotPermitted"
    case notReady = "NotReady"
    case notSupported = "NotSupported"
    case outOfMemory = "OutOfMemory"
    case profileUnavailable = "ProfileUnavailable"
    case readNotPermitted = "ReadNotPermitted"
    case rejected = "Rejected"
    case writeNotPermitted = "WriteNotPermitted"

    static let prefix = "org.bluez.Error."

    /// - Returns: nil for a name that is not known; what came stands in the cause of the error that is made of it.
    init?(name: String) {
        guard name.hasPrefix(Self.prefix) else { return nil }
        self.init(rawValue: String(name.dropFirst(Self.prefix.count)))
    }

    var name: String { Self.prefix + rawValue }
}
