/// Why an operation on a link, an adapter or a bond did not succeed.
package struct GATTError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class decides whether and when to try again; every conformer maps its own errors onto it.
    package enum Code: String, Sendable, CaseIterable {
        /// The link is gone, or went while the operation was under way. Connect again.
        case disconnected
        /// No answer within the time that the caller allowed.
        case timedOut
        /// The peer could not be reached (not advertising, out of range, out of link slots reported as such).
        case unreachable
        /// The attempt was cut short by the local controller or kernel (le-connection-abort-by-local and its kin).
        case connectionAborted
        /// All links that the adapter can hold are taken.
        case noLinkSlot
        /// Another operation of the same kind is under way.
        case inProgress
        /// The adapter is gone, off or blocked.
        case adapterUnavailable
        /// The host's Bluetooth service is not there (bluetoothd or the bus died).
        case hostUnavailable
        /// The peer is not known to the host any more (device object removed).
        case unknownPeer
        /// The services that were asked for are not there after discovery ended.
        case servicesMissing
        /// The characteristic is not there, or its object went away.
        case characteristicMissing
        /// Another program holds the notifications of this characteristic.
        case notificationsHeld
        /// The characteristic does not allow this operation.
        case notSupported
        /// The link is not secured well enough for this attribute, or the bond is refused by the peer.
        case authenticationFailed
        /// The peer's pairing failed: wrong passkey, refused, not in pairing mode.
        case pairingFailed
        /// The peer is bonded here already.
        case alreadyBonded
        /// The peer answered with an ATT error; `attError` holds it.
        case attError
        /// Values came faster than they were taken and the bounded buffer overflowed.
        case overflow
        /// A value is longer than the link or the profile allows.
        case invalidLength
        /// Anything else; `detail` and `cause` say what.
        case failed
    }

    package let code: Code
    /// What was attempted and on what, for a person.
    package let detail: String
    /// The error name and message of the host as they came (`org.bluez.Error.Failed: …`).
    package let cause: String?
    /// The ATT error code of the peer (Core 5.4, Vol 3, Part F, 3.4.1.1).
    package let attError: UInt8?
    /// What is known to fail in this way; nil where nothing more than the code can be told.
    package let failure: FailureClass?

    package init(_ code: Code, _ detail: String, cause: String? = nil, attError: UInt8? = nil, failure: FailureClass? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
        self.attError = attError
        self.failure = failure
    }

    /// The same under a name that was found out later.
    package func named(_ failure: FailureClass) -> GATTError {
        GATTError(code, detail, cause: cause, attError: attError, failure: failure)
    }

    /// For a person: the name of what failed with its advice, if it has one, then what was attempted and what the host said.
    package var description: String {
        var text = detail
        // The sentence goes on.
        if attError != nil || cause != nil, text.hasSuffix(".") { text.removeLast() }
        if let attError { text += " (ATT error 0x" + String(attError, radix: 16) + ")" }
        if let cause { text += ": " + cause }
        return failure.map { "\($0.rawValue): \($0.advice) (\(text))" } ?? text
    }
}
