import DBus
import GATT
import Testing

@testable import BlueZ

/// Every error of bluetoothd that is known has a meaning; those that are not keep their words.
@Suite struct ErrorMappingTests {
    private static let plain: [BlueZError: GATTError.Code] = [
        .agentNotAvailable: .pairingFailed, .alreadyConnected: .inProgress, .alreadyExists: .failed, .authenticationCanceled: .authenticationFailed,
        .authenticationFailed: .authenticationFailed, .authenticationRejected: .authenticationFailed,
        .authenticationTimeout: .authenticationFailed, .blocked: .adapterUnavailable, .canceled: .failed, .connectionAttemptFailed: .unreachable,
        .doesNotExist: .unknownPeer,
        .failed: .failed, .improperlyConfigured: .failed, .inProgress: .inProgress, .invalidArguments: .failed, .invalidLength: .invalidLength,
        .invalidOffset: .failed, .invalidValueLength: .invalidLength, .noSuchAdapter: .adapterUnavailable, .notAcquired: .failed,
        .notAuthorized: .failed, .notAvailable: .failed, .notConnected: .disconnected, .notFound: .unknownPeer, .notPaired: .authenticationFailed,
        .notPermitted: .notSupported, .notReady: .adapterUnavailable, .notSupported: .notSupported, .outOfMemory: .failed,
        .profileUnavailable: .notSupported, .readNotPermitted: .notSupported, .rejected: .authenticationFailed,
        .writeNotPermitted: .notSupported,
    ]

    @Test(arguments: BlueZError.allCases) func everyNameHasAMeaning(_ error: BlueZError) throws {
        #expect(BlueZError(name: error.name) == error)
        let mapped = GATTError(DBusError(name: error.name, message: "words"), .other, "Trying", missing: .unknownPeer)
        #expect(mapped.code == Self.plain[error])
        #expect(mapped.cause == "\(error.name): words")
    }

    @Test(arguments: [
        ("le-connection-abort-by-local", GATTError.Code.connectionAborted), ("le-connection-abort-by-remote", .connectionAborted),
        ("br-connection-aborted-by-local", .connectionAborted), ("br-connection-canceled", .connectionAborted),
        ("Software caused connection abort", .connectionAborted), ("le-connection-link-layer-protocol-error", .connectionAborted),
        ("Operation already in progress", .inProgress), ("le-connection-busy", .inProgress), ("le-connection-already-connected", .inProgress),
        ("le-connection-timeout", .unreachable), ("Page Timeout", .unreachable), ("le-connection-refused", .unreachable),
        ("Host is down", .unreachable), ("le-connection-concurrent-connection-limit", .noLinkSlot),
        ("le-connection-adapter-not-powered", .adapterUnavailable), ("Input/output error", .adapterUnavailable),
        ("le-connection-key-missing", .authenticationFailed), ("Not connected", .disconnected), ("Operation failed", .failed),
    ])
    func wordsBehindFailedCount(_ words: String, _ code: GATTError.Code) {
        #expect(GATTError(DBusError(name: BlueZError.failed.name, message: words), .connecting, "Connecting").code == code)
    }

    @Test(arguments: [
        ("0x0e", GATTError.Code.attError, UInt8(0x0E)), ("0xfe", .attError, 0xFE), ("0x05", .authenticationFailed, 0x05),
        ("0x0f", .authenticationFailed, 0x0F), ("0x02", .notSupported, 0x02), ("0x0d", .invalidLength, 0x0D),
    ])
    func attErrorsAreRead(_ digits: String, _ code: GATTError.Code, _ number: UInt8) {
        // BlueZ before 5.50 left out the last part of the name.
        for name in [BlueZError.failed.name, "org.bluez.Error"] {
            let error = GATTError(DBusError(name: name, message: "Operation failed with ATT error: \(digits)"), .using, "Reading")
            #expect(error.code == code)
            #expect(error.attError == number)
        }
    }

    @Test func theAttemptGivesWordsTheirMeaning() {
        let cases: [(BlueZError, String, Attempt, GATTError.Code)] = [
            (.notPermitted, "Notify acquired", .subscribing, .notificationsHeld), (.inProgress, "In Progress", .subscribing, .notificationsHeld),
            (.notPermitted, "Not paired", .using, .authenticationFailed), (.notPermitted, "Write acquired", .using, .inProgress),
            (.notPermitted, "Read not permitted", .using, .notSupported), (.notAuthorized, "Operation Not Authorized", .using, .authenticationFailed),
            (.invalidArguments, "Invalid Length", .using, .invalidLength), (.alreadyExists, "Already Exists", .pairing, .alreadyBonded),
            (.authenticationFailed, "Authentication Failed", .pairing, .pairingFailed), (.canceled, "", .pairing, .pairingFailed),
            (.rejected, "", .pairing, .pairingFailed),
        ]
        for (error, message, attempt, code) in cases {
            #expect(GATTError(DBusError(name: error.name, message: message), attempt, "Trying").code == code, "\(error) \(message)")
        }
    }

    @Test func errorsOfTheBusHaveAMeaning() {
        let gone = GATTError(DBusError(name: DBusError.unknownObject, message: "no such object"), .using, "Reading", missing: .characteristicMissing)
        #expect(gone.code == .characteristicMissing)
        for name in [DBusError.serviceUnknown, DBusError.nameHasNoOwner, DBusError.noReply] {
            #expect(GATTError(DBusError(name: name, message: ""), .other, "Trying").code == .hostUnavailable)
        }
        #expect(GATTError(DBusError(.timedOut, "late"), .other, "Trying").code == .timedOut)
        #expect(GATTError(DBusError(.disconnected, "gone"), .other, "Trying").code == .hostUnavailable)
        let pairing = GATTError(DBusError(name: BlueZError.authenticationFailed.name, message: "Authentication Failed"), .pairing, "Pairing with X")
        #expect(pairing.detail == "The passkey was wrong, or the card refused to be paired.")
        #expect(
            "\(pairing)" == "The passkey was wrong, or the card refused to be paired: \(BlueZError.authenticationFailed.name): Authentication Failed")
        let unknown = GATTError(DBusError(name: "org.bluez.Error.Novel", message: "new words"), .other, "Trying")
        #expect(unknown.code == .failed)
        #expect(unknown.cause == "org.bluez.Error.Novel: new words")
        #expect(BlueZError(name: "org.freedesktop.DBus.Error.Failed") == nil)
    }
}
