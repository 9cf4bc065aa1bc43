internal import DBus
internal import GATT

extension GATTError {
    /// What an error of the bus means.
    ///
    /// - Parameters:
    ///   - what: what was attempted and on what, as the beginning of a sentence.
    ///   - object: the code when the object that was called is not there.
    init(_ error: DBusError, _ attempt: Attempt, _ what: String, missing object: Code = .failed) {
        let cause = error.description
        switch error.kind {
        case .timedOut:
            let failure = FailureClass(error, attempt, att: nil, .timedOut)
            self.init(.timedOut, "\(what): no answer in time.", cause: cause, failure: failure)
        case .disconnected, .unreachable:
            self.init(.hostUnavailable, "\(what): the connection to the bus is gone.", cause: cause, failure: .busLost)
        case .cancelled, .overflow, .tooMuch, .invalidArgument, .invalidMessage: self.init(.failed, "\(what) failed.", cause: cause)
        case .remote:
            let att = Self.attError(in: error.message)
            let code = Self.code(of: error, attempt, att: att, missing: object)
            let words = attempt == .pairing && code == .pairingFailed ? BlueZError(name: error.name).flatMap(Self.pairingWords) : nil
            self.init(code, words ?? "\(what) failed.", cause: cause, attError: att, failure: FailureClass(error, attempt, att: att, code))
        }
    }

    /// What went wrong in a pairing, for the person who typed.
    private static func pairingWords(_ error: BlueZError) -> String? {
        switch error {
        case .authenticationFailed, .authenticationRejected, .rejected: "The passkey was wrong, or the card refused to be paired."
        case .authenticationTimeout: "The six digits were not typed within 30 s, or the card did not answer any more."
        case .authenticationCanceled, .canceled: "The card or bluetoothd ended the pairing: no digits were typed within 30 s, or the link was lost."
        default: nil
        }
    }

    /// The number in `Operation failed with ATT error: 0x0e`.
    private static func attError(in message: String) -> UInt8? {
        guard let start = message.firstRange(of: "ATT error: 0x") else { return nil }
        return UInt8(message[start.upperBound...].prefix(2), radix: 16)
    }

    private static func code(of error: DBusError, _ attempt: Attempt, att: UInt8?, missing object: Code) -> Code {
        if let att { return code(ofATT: att) }
        if let known = BlueZError(name: error.name) { return code(of: known, error.message, attempt, missing: object) }
        switch error.name {
        case DBusError.serviceUnknown, DBusError.nameHasNoOwner, DBusError.noReply: return .hostUnavailable
        case DBusError.unknownObject, DBusError.unknownMethod, DBusError.unknownInterface: return object
        default: return .failed
        }
    }

    private static func code(of error: BlueZError, _ message: String, _ attempt: Attempt, missing object: Code) -> Code {
        switch error {
        case .failed, .connectionAttemptFailed, .canceled, .notAvailable:
            if let code = code(ofWords: message.lowercased()) { return code }
            switch (error, attempt) {
            case (.canceled, .pairing): return .pairingFailed
            case (.connectionAttemptFailed, _): return .unreachable
            default: return .failed
            }
        case .inProgress: return attempt == .subscribing ? .notificationsHeld : .inProgress
        case .notPermitted:
            if message == "Not paired" { return .authenticationFailed }
            // AcquireWrite of another program; of notifications both "Notify acquired" and other words.
            if message == "Write acquired" { return .inProgress }
            return attempt == .subscribing ? .notificationsHeld : .notSupported
        case .alreadyExists: return attempt == .pairing ? .alreadyBonded : .failed
        case .authenticationCanceled, .authenticationFailed, .authenticationRejected, .authenticationTimeout, .rejected:
            return attempt == .pairing ? .pairingFailed : .authenticationFailed
        case .agentNotAvailable: return .pairingFailed
        case .notPaired: return .authenticationFailed
        case .notAuthorized: return attempt == .using || attempt == .subscribing ? .authenticationFailed : .failed
        case .blocked, .notReady, .noSuchAdapter: return .adapterUnavailable
        case .notConnected: return .disconnected
        case .alreadyConnected: return .inProgress
        case .notSupported, .readNotPermitted, .writeNotPermitted, .profileUnavailable: return .notSupported
        case .doesNotExist, .notFound: return object
        case .invalidLength, .invalidValueLength: return .invalidLength
        case .invalidArguments: return message == "Invalid Length" ? .invalidLength : .failed
        case .improperlyConfigured, .invalidOffset, .notAcquired, .outOfMemory: return .failed
        }
    }

    /// The words behind errors whose name says little (`br-connection-…` and `le-connection-…` of src/error.h, and strerror).
    private static let words: [(String, Code)] = [
        ("rfkill", .adapterUnavailable), ("key-missing", .authenticationFailed), ("concurrent-connection-limit", .noLinkSlot),
        ("not-powered", .adapterUnavailable),
        ("input/output error", .adapterUnavailable), ("abort-by-remote", .connectionAborted), ("aborted-by-remote", .connectionAborted),
        ("abort-by-local", .connectionAborted), ("aborted-by-local", .connectionAborted), ("connection-canceled", .connectionAborted),
        ("software caused connection abort", .connectionAborted), ("protocol-error", .connectionAborted), ("connection-busy", .inProgress),
        ("operation already in progress", .inProgress), ("already-connected", .inProgress), ("connection-timeout", .unreachable),
        ("page-timeout", .unreachable), ("page timeout", .unreachable), ("connection-refused", .unreachable), ("host is down", .unreachable),
        ("not connected", .disconnected), ("connection reset", .disconnected),
    ]

    private static func code(ofWords message: String) -> Code? {
        words.first { message.contains($0.0) }?.1
    }

    /// Core 5.4, Vol 3, Part F, 3.4.1.1.
    private static func code(ofATT error: UInt8) -> Code {
        switch error {
        case 0x02, 0x03, 0x06: .notSupported
        case 0x05, 0x08, 0x0C, 0x0F: .authenticationFailed
        case 0x0D: .invalidLength
        default: .attError
        }
    }
}
