import GATT
import SoftwareCard

/// One thing that goes wrong in a world, besides what its cards do by themselves.
enum Trouble: Sendable, Hashable {
    case link(card: Int, LinkDisturbance)
    case slow(card: Int, bytesPerSecond: Int, lasting: Duration)
    case away(card: Int, lasting: Duration)
    case adapterOff(gateway: Int, lasting: Duration)
    /// The next session of the gateway is cancelled after so many jobs of the world.
    case cancelSession(gateway: Int, afterJobs: Int)
    case stop(gateway: Int, afterJobs: Int, lasting: Duration)
    case kill(gateway: Int, afterJobs: Int)
    case disk(gateway: Int, DiskTrouble, lasting: Duration)
    /// The gateway believes a clock that is wrong by so much.
    case clockJumps(gateway: Int, by: Duration, lasting: Duration)
    /// The gateway has no clock that it could believe: it shows a time years ago.
    case clockUnset(gateway: Int, lasting: Duration)

    static func draw(_ draw: inout Draw, cards: Int, gateways: Int) -> Trouble {
        let (card, gateway) = (draw.below(cards), draw.below(gateways))
        switch draw.below(18) {
        case 0: return .slow(card: card, bytesPerSecond: 200 + draw.spread(upTo: 20_000), lasting: .seconds(draw.spread(upTo: 1800)))
        case 1: return .away(card: card, lasting: .milliseconds(draw.spread(upTo: 1_800_000)))
        case 2: return .adapterOff(gateway: gateway, lasting: .milliseconds(draw.spread(upTo: 600_000)))
        case 3, 4: return .cancelSession(gateway: gateway, afterJobs: draw.spread(upTo: 8000))
        case 5: return .stop(gateway: gateway, afterJobs: draw.spread(upTo: 4000), lasting: .milliseconds(draw.spread(upTo: 600_000)))
        case 6, 7: return .kill(gateway: gateway, afterJobs: draw.spread(upTo: 4000))
        case 8, 9: return .disk(gateway: gateway, DiskTrouble(&draw), lasting: .milliseconds(draw.spread(upTo: 1_800_000)))
        default: return .link(card: card, disturbance(&draw))
        }
    }

    /// What goes wrong with a gateway's clock.
    static func clock(_ draw: inout Draw, gateways: Int) -> Trouble {
        let gateway = draw.below(gateways)
        let lasting: Duration = .milliseconds(draw.spread(upTo: 3_600_000))
        guard draw.once(in: 2) else { return .clockUnset(gateway: gateway, lasting: lasting) }
        let distance = draw.spread(upTo: 200_000_000)
        return .clockJumps(gateway: gateway, by: .seconds(draw.once(in: 2) ? distance : -distance), lasting: lasting)
    }

    private static func disturbance(_ draw: inout Draw) -> LinkDisturbance {
        let kind = draw.pick(LinkDisturbance.Kind.allCases)
        switch kind {
        case .lossBeforeRequest, .lossBeforeResponse, .lossAfterResponse: return LinkDisturbance(kind, after: draw.below(60))
        case .lossBeforeIndication, .lossAfterIndication: return LinkDisturbance(kind, after: draw.below(24))
        case .lossBeforeNotification, .lossAfterNotification: return LinkDisturbance(kind, after: draw.spread(upTo: 300))
        case .lossAtByte: return LinkDisturbance(kind, after: draw.spread(upTo: 60_000))
        default:
            let characteristic = draw.pick([ServedCharacteristic.transfer, ServedCharacteristic.transfer, nil])
            let amount =
                switch kind {
                case .corrupt: draw.below(8 * 244)
                case .oversize: draw.spread(upTo: 300)
                case .truncate: draw.below(244)
                case .stall: draw.spread(upTo: 60_000)
                default: draw.spread(upTo: 40)
                }
            return LinkDisturbance(kind, on: characteristic, after: draw.spread(upTo: 300) - 1, amount: amount)
        }
    }
}
