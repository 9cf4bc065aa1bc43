internal import Drivers
internal import GATT

/// How long to leave a card alone after a session or an attempt ended, by the class of its end.
enum BackOff {
    /// The profile lets a gateway come back after this at the latest (Advertising).
    static let longest: Duration = .seconds(15 * 60)

    /// - Parameter failures: how often in a row without progress, from 1.
    static func after(_ end: SessionReport.End, failures: Int) -> Duration {
        switch end {
        case .complete: .zero
        case .link(let error): after(error, failures: failures)
        // Space comes back when something is delivered or removed; a look a minute costs little.
        case .noRoom, .custody: .seconds(60)
        // Most such cards are broken for good, a few only for one session.
        case .protocolViolation: doubling(from: .seconds(2), failures: failures)
        // Only a person can help.
        case .refused: longest
        }
    }

    private static func after(_ error: GATTError, failures: Int) -> Duration {
        switch error.failure?.rule {
        case .quick, .afterAdapter: return quick(failures)
        case .patient(let first): return doubling(from: first, failures: failures)
        case nil: break
        }
        switch error.code {
        // A link that broke is best taken up again while the card is near; these pauses were seen to work with BlueZ.
        case .disconnected, .connectionAborted, .inProgress, .unreachable, .timedOut, .servicesMissing, .unknownPeer:
            return quick(failures)
        case .authenticationFailed: return doubling(from: .seconds(60), failures: failures)
        default: return doubling(from: .seconds(1), failures: failures)
        }
    }

    private static let quickPauses: [Duration] = [.milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(4)]

    private static func quick(_ failures: Int) -> Duration {
        failures <= quickPauses.count
            ? quickPauses[max(0, failures - 1)] : doubling(from: .seconds(4), failures: failures - quickPauses.count)
    }

    private static func doubling(from first: Duration, failures: Int) -> Duration {
        min(longest, first * (1 << min(10, max(0, failures - 1))))
    }
}
