import GATT
import Synchronization

/// Everything that may go wrong in a world, by the name under which its hits are counted.
enum Fault: Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case link(LinkDisturbance.Kind)
    case host(Host)

    /// What happens to the gateway's side and to the air as a whole.
    enum Host: String, CaseIterable, Sendable {
        case slowLink = "slow link"
        case outOfRange = "card out of range"
        case adapterOff = "adapter off"
        case sessionCancelled = "session cancelled"
        case gatewayStopped = "gateway stopped"
        case gatewayKilled = "gateway killed"
        case linkTakenByAnother = "two gateways on one card"
    }

    static var allCases: [Fault] { LinkDisturbance.Kind.allCases.map(Fault.link) + Host.allCases.map(Fault.host) }

    var description: String {
        switch self {
        case .link(let kind): kind.rawValue
        case .host(let kind): kind.rawValue
        }
    }
}

/// How often each fault happened. Drawn is not enough: what never happened shows nothing.
final class Tally: Sendable {
    private let counts = Mutex<[Fault: Int]>([:])

    func hit(_ fault: Fault, _ count: Int = 1) {
        guard count > 0 else { return }
        counts.withLock { $0[fault, default: 0] += count }
    }

    var hits: [Fault: Int] { counts.withLock { $0 } }
}
