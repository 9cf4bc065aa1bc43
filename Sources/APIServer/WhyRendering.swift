internal import Bytes
internal import GATT
internal import GatewayAPI
internal import Ledger
internal import Recordings

extension WhyMessage {
    /// - Parameter card: who has the recording, and how its last session ended; nil for one that came as a file.
    init(_ facts: WhyFacts, card: CardMessage?) throws {
        let info = facts.recording
        let next = card.flatMap { Self.hindered(facts, by: $0) } ?? Self.next(facts, isLinked: card?.presence == "linked")
        self.init(
            ref: info.ref, state: Term(info.state), answer: Self.answer(facts), next: next.text, needsPerson: next.needsPerson,
            recording: RecordingMessage(info), steps: facts.history.map { WhyStep(at: $0.at, what: $0.what, detail: $0.detail) },
            jobs: try facts.jobs.map { try JobMessage($0) }, deliveries: facts.deliveries.map { DeliveryMessage($0) },
            conditions: facts.conditions.map { ConditionMessage($0) })
    }

    init(_ absent: AbsentNumbers, asked: String) {
        let isElsewhere = absent.state == .releasedElsewhere
        self.init(
            ref: asked, state: Term(absent.state), answer: absent.cause,
            next: isElsewhere ? "Nothing here: ask the gateway that took it." : "Nothing by itself: nobody knows where it is.",
            needsPerson: !isElsewhere, recording: nil, steps: [WhyStep(at: absent.since, what: absent.state.rawValue, detail: absent.cause)],
            jobs: [], deliveries: [], conditions: [])
    }

    private static func answer(_ facts: WhyFacts) -> String {
        let info = facts.recording
        let sentence =
            switch info.state {
            case _ where info.origin != nil && info.provenAt == nil: "It is being imported: its bytes are here, and are being made a recording."
            case .proven where info.origin != nil: imported(facts)
            case .listed: "It is on the card \(info.cardName); nothing of it is here yet."
            case .pulling: "It is on its way: \(ByteSize.text(info.durable)) of \(ByteSize.text(info.size)) are durable here."
            case .stored: "It is here, durable and read again; the card has not confirmed its SHA-256 yet."
            case .proven where facts.deliveries.isEmpty: "It is here, and the card confirmed its SHA-256."
            case .proven: "It is here, the card confirmed its SHA-256, and it was delivered to \(places(facts))."
            case .contested: "It is here, but the card did not accept its SHA-256."
            case .disputed: "Two whole pulls agree with each other and not with the card. Both are kept, nothing was released."
            case .unreadable: "The card gave different bytes each time it was asked."
            case .deletedOnCard: "Its user deleted it on the card before it could be pulled."
            case .lostOnCard: "The card lost it to a storage fault before it could be pulled."
            case .releasedElsewhere: "Another gateway took it."
            case .missing: "The ledger says it is stored, and its file is gone."
            case .vanished: "The card does not list it any more, and nothing says why."
            }
        guard let cause = info.cause else { return sentence }
        // A cause that says the same stands for the sentence when it says more, and not at all when it says less.
        switch info.state {
        case .deletedOnCard where cause.hasPrefix("Its user deleted it"), .lostOnCard where cause.hasPrefix("The card lost it"):
            return cause + " It had not been pulled."
        case .disputed where cause.hasPrefix("Two whole pulls agree"), .contested where cause.hasPrefix("The card did not accept"): return sentence
        default: return sentence + " " + cause
        }
    }

    private static func imported(_ facts: WhyFacts) -> String {
        let file = facts.recording.origin.map { " as \($0.file)" } ?? ""
        return "It was imported\(file) and is here, with the SHA-256 of that file"
            + (facts.deliveries.isEmpty ? "." : "; it was delivered to \(places(facts)).")
    }

    private static func places(_ facts: WhyFacts) -> String { Set(facts.deliveries.map(\.destination)).sorted().joined(separator: ", ") }

    /// What keeps the card from being met and does not go away by itself; nil: nothing, or the recording needs the card no more.
    private static func hindered(_ facts: WhyFacts, by card: CardMessage) -> (text: String, needsPerson: Bool)? {
        guard [.listed, .pulling, .stored, .contested].contains(facts.recording.state) else { return nil }
        let again = "earshot pair \(card.name)"
        if card.forgotten != nil { return ("The card was forgotten here. Pair it again: \(again)", true) }
        if card.foreignBond != nil {
            return ("Another program made the card's bond anew, and it is not used: earshot forget \(card.name), then \(again)", true)
        }
        guard card.presence != "linked", let end = card.lastEnd else { return nil }
        if end.hasPrefix(FailureClass.oneSidedBond.rawValue) {
            return ("The card has lost or removed its side of the bond: earshot forget \(card.name), then \(again)", true)
        }
        return end.hasPrefix("refused:") ? ("The card does not let this gateway read it. Its last session ended: \(end)", true) : nil
    }

    private static func next(_ facts: WhyFacts, isLinked: Bool) -> (text: String, needsPerson: Bool) {
        let hindrance = facts.conditions.first.map { " First: \($0.detail)" } ?? ""
        switch facts.recording.state {
        case _ where facts.recording.origin != nil && facts.recording.provenAt == nil:
            return ("It is kept within the moment, or at the next start of earshotd." + hindrance, false)
        case .missing where facts.recording.origin != nil: return ("Import the same file once more: it takes its place again.", true)
        case .pulling where isLinked && facts.conditions.isEmpty: return ("It is being pulled now.", false)
        case .listed where isLinked && facts.conditions.isEmpty: return ("The card is linked: it is pulled in its turn, the oldest first.", false)
        case .listed, .pulling: return ("It is pulled when the card is in range." + hindrance, false)
        case .stored: return ("The card is asked to release it at the next link.", false)
        case .contested: return ("It is pulled once more at the next link, beside the first copy.", false)
        case .disputed: return ("Somebody has to listen to the copies and decide.", true)
        case .unreadable: return ("Somebody has to look at the card: its memory may be failing.", true)
        case .missing: return ("It is pulled again if the card still has it; else it must come from a backup or a destination.", true)
        case .vanished: return ("Nothing by itself: nobody knows where it is.", true)
        case .deletedOnCard, .lostOnCard, .releasedElsewhere: return ("Nothing: this is final.", false)
        case .proven: return work(facts)
        }
    }

    /// What the workers still do.
    private static func work(_ facts: WhyFacts) -> (text: String, needsPerson: Bool) {
        if let dead = facts.jobs.first(where: { $0.state == .dead }) {
            return ("Queue \(dead.queue) gave it up" + (dead.reason.map { ": \($0)" } ?? ".") + " Try again: earshot queue retry \(dead.id)", true)
        }
        let waiting = facts.jobs.filter { $0.state == .ready || $0.state == .leased }
        guard !waiting.isEmpty else { return ("Nothing: everything was done.", false) }
        let queues = Set(waiting.map(\.queue)).sorted().joined(separator: ", ")
        return ("It waits for or is with the workers of: \(queues).", false)
    }
}
