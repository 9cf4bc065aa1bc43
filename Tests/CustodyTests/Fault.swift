import GATT
import Synchronization

/// Everything that may go wrong in a world, by the name under which its hits are counted.
enum Fault: Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case link(LinkDisturbance.Kind)
    case host(Host)
    case disk(Disk)
    case card(CardFault)

    /// What happens to the gateway's side and to the air as a whole.
    enum Host: String, CaseIterable, Sendable {
        case slowLink = "slow link"
        case outOfRange = "card out of range"
        case adapterOff = "adapter off"
        case sessionCancelled = "session cancelled"
        case gatewayStopped = "gateway stopped"
        case gatewayKilled = "gateway killed"
        case gatewayClockJumps = "gateway's clock jumps"
        case gatewayClockUnset = "gateway's clock unset"
        case linkTakenByAnother = "two gateways on one card"
    }

    /// What happens to any call that changes a gateway's files, SQLite's included.
    enum Disk: String, CaseIterable, Sendable {
        case full = "disk full"
        case error = "disk error"
        case shortWrite = "short write"
        case unsynchronised = "synchronising fails and drops what was written"
    }

    static var allCases: [Fault] {
        LinkDisturbance.Kind.allCases.map(Fault.link) + Host.allCases.map(Fault.host) + Disk.allCases.map(Fault.disk)
            + CardFault.allCases.map(Fault.card)
    }

    var description: String {
        switch self {
        case .link(let kind): kind.rawValue
        case .host(let kind): kind.rawValue
        case .disk(let kind): kind.rawValue
        case .card(let fault): fault.rawValue
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
