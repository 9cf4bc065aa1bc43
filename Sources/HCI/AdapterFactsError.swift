internal import EventLoop
internal import Glibc

/// Why a fact about an adapter cannot be had.
package enum AdapterFactsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kernel has no Bluetooth, or this process's network namespace or unit shuts it out.
    case noBluetooth
    /// The question needs CAP_NET_RAW: ask as root.
    case notPermitted
    /// The adapter is down: switched off, or blocked by rfkill.
    case down
    /// The controller did not answer in time: it may hang.
    case noAnswer
    /// The adapter was taken away meanwhile.
    case gone
    /// - Parameter what: what was asked, with the kernel's reason.
    case failed(what: String)

    /// - Parameters:
    ///   - code: errno.
    ///   - what: what was asked.
    package init(_ code: Int32, _ what: String) {
        switch code {
        case EAFNOSUPPORT, EPROTONOSUPPORT: self = .noBluetooth
        case EPERM, EACCES: self = .notPermitted
        case ENETDOWN: self = .down
        case ETIMEDOUT: self = .noAnswer
        case ENODEV: self = .gone
        default: self = .failed(what: "\(SystemError(code: code, call: what))")
        }
    }

    package var description: String {
        switch self {
        case .noBluetooth:
            "There is no Bluetooth here: the kernel lacks it, or this process may not use it (AF_BLUETOOTH exists in the first network namespace only)."
        case .notPermitted: "The kernel answers this only with CAP_NET_RAW: ask as root."
        case .down: "The adapter is down: switch it on, and look for an rfkill block."
        case .noAnswer: "The controller does not answer: it may hang; unplug it and plug it in again."
        case .gone: "The adapter was taken away meanwhile."
        case .failed(let what): what
        }
    }
}
