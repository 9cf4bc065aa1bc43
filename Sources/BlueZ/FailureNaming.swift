internal import DBus
internal import GATT

extension FailureClass {
    /// What is known to fail on Linux with this error of the bus; nil where the code says all there is to say.
    ///
    /// - Parameter code: what the error was mapped to.
    init?(_ error: DBusError, _ attempt: Attempt, att: UInt8?, _ code: GATTError.Code) {
        switch error.kind {
        case .timedOut where attempt == .discovering || attempt == .powering: self = .adapterHung
        case .disconnected, .unreachable: self = .busLost
        case .remote:
            guard let named = Self.named(error, attempt, att: att, code) else { return nil }
            self = named
        default: return nil
        }
    }

    private static func named(_ error: DBusError, _ attempt: Attempt, att: UInt8?, _ code: GATTError.Code) -> FailureClass? {
        let isObjectGone = [DBusError.unknownObject, DBusError.unknownMethod, DBusError.unknownInterface].contains(error.name)
        switch code {
        case .attError: return att.flatMap { staleHandles.contains($0) ? .staleCache : nil }
        case .connectionAborted: return words(error.message.lowercased())
        case .inProgress: return attempt == .connecting || attempt == .discovering ? .inProgress : nil
        case .notificationsHeld: return .notificationsHeld
        case .noLinkSlot: return .outOfLinkSlots
        case .hostUnavailable: return .hostRestarted
        case .unknownPeer: return isObjectGone ? .deviceRemoved : nil
        case .characteristicMissing: return isObjectGone ? .unknownObject : nil
        case .adapterUnavailable:
            if BlueZError(name: error.name) == .blocked || error.message.lowercased().contains("rfkill") { return .rfkillBlocked }
            return isObjectGone ? .adapterGone : nil
        case .authenticationFailed: return attempt == .connecting ? .oneSidedBond : nil
        case .pairingFailed: return BlueZError(name: error.name) == .agentNotAvailable ? .wrongAgent : nil
        case .failed: return attempt == .powering ? .adapterHung : nil
        default: return nil
        }
    }

    /// Invalid Handle and Attribute Not Found (Core 5.4, Vol 3, Part F, 3.4.1.1): of an attribute that bluetoothd believes to be there.
    private static let staleHandles: Set<UInt8> = [0x01, 0x0A]

    private static func words(_ message: String) -> FailureClass? {
        if message.contains("by-local") { return .abortedByLocal }
        return message.contains("software caused connection abort") ? .connectionAbort : nil
    }
}
