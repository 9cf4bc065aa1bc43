internal import DBus

/// The answers of bluetoothd 5.66, name and words alike.
extension DBusError {
    private static func bluez(_ name: String, _ message: String) -> DBusError { DBusError(name: "org.bluez.Error." + name, message: message) }

    static let invalidArguments = bluez("InvalidArguments", "Invalid arguments in method call")
    static let inProgress = bluez("InProgress", "In Progress")
    static let busy = bluez("InProgress", "Operation already in progress")
    static let alreadyExists = bluez("AlreadyExists", "Already Exists")
    static let doesNotExist = bluez("DoesNotExist", "Does Not Exist")
    static let notReady = bluez("NotReady", "Resource Not Ready")
    static let notSupported = bluez("NotSupported", "Operation is not supported")
    static let notConnected = bluez("NotConnected", "Not Connected")
    static let authenticationFailed = bluez("AuthenticationFailed", "Authentication Failed")
    static let authenticationCanceled = bluez("AuthenticationCanceled", "Authentication Canceled")

    static let blocked = bluez("Blocked", "Blocked through rfkill")

    static func failed(_ message: String) -> DBusError { bluez("Failed", message) }
    static func notPermitted(_ message: String) -> DBusError { bluez("NotPermitted", message) }

    /// No link to the device: every operation on its attributes.
    static let noLink = failed("Not connected")
    /// The attempt ended without a link, whatever the reason (5.66 tells no other).
    static let connectionAborted = failed("le-connection-abort-by-local")
    /// ECONNABORTED of the kernel.
    static let softwareAbort = failed("Software caused connection abort")
    /// Disconnect came while Connect waited.
    static let connectionCanceled = failed("br-connection-canceled")

    /// What an ATT error of the peer becomes (Core 5.4, Vol 3, Part F, 3.4.1.1).
    init(att code: UInt8) {
        switch code {
        case 0x02: self = .notPermitted("Read not permitted")
        case 0x03: self = .notPermitted("Write not permitted")
        case 0x05, 0x0C, 0x0F: self = .notPermitted("Not paired")
        case 0x06: self = .notSupported
        case 0x07: self = .bluez("InvalidArguments", "Invalid offset")
        case 0x08: self = .bluez("NotAuthorized", "Operation Not Authorized")
        case 0x0D: self = .bluez("InvalidArguments", "Invalid Length")
        case 0x00: self = .failed("Operation failed")
        default:
            let digits = String(code, radix: 16)
            self = .failed("Operation failed with ATT error: 0x" + (digits.count == 1 ? "0" : "") + digits)
        }
    }
}
