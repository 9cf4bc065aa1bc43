import CardProfile
import Recordings
import SoftwareCard

/// What cards do that they should not, and what is done to them, by the name under which its hits are counted.
enum CardFault: String, CaseIterable, Sendable {
    case rebootWithClock = "reboot with clock"
    case rebootWithoutClock = "reboot without clock"
    case clockWrong = "clock wrong"
    case clockUnset = "clock unset"
    case full = "card full"
    case deleted = "recording deleted"
    case lost = "recording lost"
    case damaged = "bad block"
    case overflow = "event log overflow"
    case formatted = "format"
    case formattedInSession = "format in session"
    case numbersReused = "numbers reused"
    case otherSerial = "serial of another"
    case refusedOnce = "digest refused once"
    case refusedAlways = "digest refused always"
    case wrongDigestOnce = "wrong digest listed once"
    case wrongDigest = "wrong digest listed"
    case hidden = "recording not listed"
    case longer = "listed too long"
    case shorter = "listed too short"
    case huge = "listed huge"
    case malformed = "malformed list"
    case otherTime = "listed with another time"

    init(_ lie: DigestFaults.Lie) {
        self =
            switch lie {
            case .refuseOnce: .refusedOnce
            case .refuseAlways: .refusedAlways
            case .listOnce: .wrongDigestOnce
            case .list: .wrongDigest
            }
    }

    init(_ lie: ListFaults.Lie) {
        self =
            switch lie {
            case .hidden: .hidden
            case .longer: .longer
            case .shorter: .shorter
            case .huge: .huge
            case .malformed: .malformed
            case .otherTime: .otherTime
            }
    }
}

/// One thing that goes wrong with a card.
enum CardTrouble: Sendable, Hashable {
    case now(CardMishap)
    case later(CardMishap, CardMishap.Moment)
    case list(ListFaults.Lie, of: UInt32, lists: Int)
    case digest(DigestFaults.Lie, of: UInt32)
    case serial(lasting: Duration)

    var formats: Bool {
        switch self {
        case .now(.format), .later(.format, _): true
        default: false
        }
    }

    /// - Parameters:
    ///   - isShared: several gateways serve the card. What makes numbers mean two things is left out then: which gateway holds what could
    ///     not be told any more.
    ///   - mayFormat: else its log may overflow; both together lose what the gateway needs to name the loss.
    static func draw(_ draw: inout Draw, isShared: Bool, mayFormat: Bool) -> CardTrouble {
        let number = UInt32(draw.within(1...4))
        switch draw.below(12) {
        case 0, 1: return .list(draw.pick(ListFaults.Lie.allCases.filter { !isShared || $0 != .shorter }), of: number, lists: draw.within(1...5))
        case 2: return .digest(draw.pick(DigestFaults.Lie.allCases.filter { !isShared || $0 != .refuseAlways }), of: number)
        case 3: return .serial(lasting: .seconds(draw.spread(upTo: 1200)))
        case 4, 5: return .now(mishap(&draw, isShared: isShared, mayFormat: mayFormat))
        default: return .later(mishap(&draw, isShared: isShared, mayFormat: mayFormat), moment(&draw))
        }
    }

    private static func mishap(_ draw: inout Draw, isShared: Bool, mayFormat: Bool) -> CardMishap {
        switch draw.below(isShared ? 9 : 13) {
        case 0: .reboot(keepsClock: true)
        case 1: .reboot(keepsClock: false)
        case 2: .clockShows(World.time(.seconds(draw.within(0...2_000_000) - 1_000_000)))
        case 3: .clockUnset
        case 4: .full
        case 5: .delete(.current)
        case 6: .lose(.current)
        case 7, 8: .damage(.current)
        case 9, 10: .countsAgain(draw.within(1...12))
        default: mayFormat ? .format(endsLink: draw.once(in: 2)) : .overflow(keeping: draw.within(0...3))
        }
    }

    private static func moment(_ draw: inout Draw) -> CardMishap.Moment {
        let opcode = draw.pick([ControlOpcode.read, .read, .read, .release, .acknowledgeEvents, .setTime])
        return switch draw.below(3) {
        case 0: .value(draw.spread(upTo: 200))
        case 1: .request(opcode, draw.spread(upTo: opcode == .read ? 24 : 6))
        default: .response(opcode, draw.spread(upTo: opcode == .read ? 24 : 6))
        }
    }
}

extension WorldCard {
    /// Returns when the trouble is over, or will come by itself.
    func suffer(_ trouble: CardTrouble, sleep: (Duration) async throws -> Void) async throws {
        switch trouble {
        case .now(let mishap): try await card.suffer(mishap)
        case .later(let mishap, let moment): card.mishaps.arm(mishap, at: moment)
        case .list(let lie, let number, let lists): card.listFaults.set(lie, of: number, lists: lists)
        case .digest(let lie, let number): card.digestFaults.set(lie, of: number)
        case .serial(let lasting):
            card.mishaps.show(CardSerial("Z9-\(serial)"))
            try await sleep(lasting)
            card.mishaps.show(nil)
        }
    }

    /// The card does nothing more that it should not; but one that refuses every digest goes on.
    func behave() {
        card.mishaps.clear()
        card.listFaults.clear()
        card.digestFaults.clear { $0 != .refuseAlways }
    }

    /// What went wrong with it, and how often.
    var faultHits: [(CardFault, Int)] {
        card.mishaps.hits.compactMap { name, hits in CardFault(rawValue: name).map { ($0, hits) } }
            + card.digestFaults.hitsByLie.map { (CardFault($0), $1) } + card.listFaults.hits.map { (CardFault($0), $1) }
    }
}
