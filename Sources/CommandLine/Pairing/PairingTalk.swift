package import GatewayAPI
package import Recordings

/// The conversation of one pairing between the gateway, a person and the terminal, without I/O: what happens goes in, what to do comes out.
package struct PairingTalk: Sendable {
    package enum Happening: Sendable {
        case event(PairingEventMessage)
        /// What the person typed, without the line's end.
        case line(String)
        /// Nobody types any more.
        case inputEnded
        /// The moment for other cards to be heard is over.
        case settled
    }

    package enum Act: Sendable, Hashable {
        /// A line that stays.
        case say(String)
        /// What is near has changed: show `nearby` anew.
        case show
        /// A question; the answer comes as `line`.
        case ask(String)
        /// Come back with `settled` after a moment.
        case settle
        case answer(PairingAnswerRequest)
        case end(Ending)
    }

    package enum Ending: Sendable, Hashable {
        case paired(PairedFacts)
        /// Why, and what to do.
        case failed(reason: String, fix: String)
        /// There is a question that nobody is there to answer.
        case nobodyAnswers(String)
    }

    private enum Stage: Sendable {
        case looking
        /// Others may still be heard.
        case settling
        case choosing
        case pairing
        case question(PairingEventMessage)
        case over
    }

    package private(set) var nearby = Nearby()
    private var stage = Stage.looking
    /// Whether the person chooses among those that are found; else the gateway pairs with the one that was named.
    private let chooses: Bool
    private let hasPerson: Bool
    private var nobodyTypes = false

    /// - Parameters:
    ///   - chooses: the request left the choice open.
    ///   - hasPerson: whether somebody can be asked which of several cards is meant.
    package init(chooses: Bool, hasPerson: Bool) {
        self.chooses = chooses
        self.hasPerson = hasPerson
    }

    package mutating func take(_ happening: Happening) -> [Act] {
        if case .inputEnded = happening { nobodyTypes = true }
        return switch (stage, happening) {
        case (.over, _): []
        case (_, .event(let event)): take(event)
        case (.settling, .settled): settled()
        case (.choosing, .line(let line)): chosen(line)
        case (.question(let event), .line(let line)): answered(line, event)
        case (.question(let event), .inputEnded) where Self.isAsked(event): nobody(Self.prompt(for: event))
        case (.choosing, .inputEnded): nobody("Several cards are in pairing mode")
        default: []
        }
    }

    private mutating func nobody(_ what: String) -> [Act] {
        stage = .over
        return [.end(.nobodyAnswers(what))]
    }

    private mutating func take(_ event: PairingEventMessage) -> [Act] {
        switch event.state.known {
        case .found, .other:
            let isNew = nearby.take(event)
            var acts: [Act] = [.show]
            switch stage {
            case .looking where chooses && !nearby.cards.isEmpty:
                stage = .settling
                acts.append(.settle)
            case .choosing where isNew: acts.append(.ask(choice))
            default: break
            }
            return acts
        case .pairing:
            stage = .pairing
            let name = nearby.cards.first { $0.address == event.address }?.name
            return [.say("Pairing with \(name.map { Shown.text($0) + ", " } ?? "")\(Shown.text(event.address)) …")]
        case .question:
            stage = .question(event)
            switch event.question?.known {
            case .displayPasskey: return [.say("Type \(Self.spaced(event.passkey)) on the card.")]
            case .enterPasskey, .confirm, .authorize: return nobodyTypes ? nobody(Self.prompt(for: event)) : [.ask(Self.prompt(for: event))]
            case nil: return []
            }
        case .paired:
            stage = .over
            let mute = Ending.failed(reason: "The gateway did not say what was paired.", fix: "See earshot cards.")
            return [.end(PairedFacts(event).map { .paired($0) } ?? mute)]
        case .failed:
            stage = .over
            return [.end(.failed(reason: event.reason ?? "The gateway did not say why.", fix: event.fix ?? "Pair again."))]
        case nil: return []
        }
    }

    // MARK: - Which card

    private mutating func settled() -> [Act] {
        if nearby.cards.count == 1 { return choose(nearby.cards[0]) }
        guard hasPerson, !nobodyTypes else {
            return nobody("\(nearby.cards.count) cards are in pairing mode: name one with --device")
        }
        stage = .choosing
        return [.ask(choice)]
    }

    private var choice: String { "Which card? 1 to \(nearby.cards.count): " }

    private mutating func chosen(_ line: String) -> [Act] {
        guard let number = Int(Self.trimmed(line)), nearby.cards.indices.contains(number - 1) else { return [.ask(choice)] }
        return choose(nearby.cards[number - 1])
    }

    private mutating func choose(_ card: Nearby.Device) -> [Act] {
        stage = .pairing
        return [.answer(PairingAnswerRequest(device: card.address))]
    }

    // MARK: - What is asked

    private static func isAsked(_ event: PairingEventMessage) -> Bool {
        event.question?.known.map { $0 != .displayPasskey } ?? false
    }

    private static func prompt(for event: PairingEventMessage) -> String {
        switch event.question?.known {
        case .confirm: "The card and this screen: do both show \(spaced(event.passkey))? yes or no: "
        case .authorize: "Nothing can be compared with this card (Just Works). Pair all the same? yes or no: "
        default: "Type the six digits that the card shows: "
        }
    }

    private mutating func answered(_ line: String, _ event: PairingEventMessage) -> [Act] {
        let text = Self.trimmed(line)
        switch event.question?.known {
        case .enterPasskey:
            guard let passkey = Self.passkey(text) else {
                return [.ask("\(text.isEmpty ? "Nothing" : "\"\(Shown.text(text))\"") is not six digits. " + Self.prompt(for: event))]
            }
            stage = .pairing
            return [.answer(PairingAnswerRequest(passkey: passkey))]
        case .confirm, .authorize:
            switch text.lowercased() {
            case "y", "yes": return answer("yes")
            case "n", "no": return answer("no")
            default: return [.ask(Self.prompt(for: event))]
            }
        default: return []
        }
    }

    private mutating func answer(_ word: String) -> [Act] {
        stage = .pairing
        return [.answer(PairingAnswerRequest(answer: word))]
    }

    /// Six digits, as they may be typed: `012345`, `012 345`, `012-345`; nil for anything else.
    package static func passkey(_ text: String) -> String? {
        let digits = text.filter { $0 != " " && $0 != "-" }
        guard digits.utf8.count == 6, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits
    }

    private static func spaced(_ passkey: String?) -> String {
        guard let passkey, passkey.count == 6 else { return Shown.text(passkey) }
        return "\(passkey.prefix(3)) \(passkey.suffix(3))"
    }

    private static func trimmed(_ line: String) -> String {
        String(line.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

/// A card that was paired.
package struct PairedFacts: Sendable, Hashable {
    package let card: CardID
    package let serial: CardSerial
    /// As the API names it.
    package let method: String
    package let isAuthenticated: Bool
    /// As the API names it; nil when the gateway does not say.
    private let owner: String?
    private let clockSet: Bool?

    init?(_ event: PairingEventMessage) {
        guard let card = event.card, let serial = event.serial, let method = event.method else { return nil }
        self.card = card
        self.serial = serial
        self.method = method
        isAuthenticated = event.authenticated ?? (method != "just_works")
        owner = event.owner
        clockSet = event.clockSet
    }

    /// What the card was given, for a person.
    package var given: [String] {
        let owner: String? =
            switch self.owner {
            case "set": "owner   this company's key was set: the card obeys nobody else from now on"
            case "proven": "owner   it is this company's already, and believed this box"
            case "replaced": "owner   it had an earlier key of this company's, and has the present one now"
            case "not_offered": "owner   the card cannot have one: whoever pairs with it can read it"
            case "none": "owner   none: this box has no owner key"
            default: nil
            }
        let clock = clockSet.map { $0 ? "clock   set" : "clock   not set: this box's own is not synchronised yet" }
        return [owner, clock].compactMap(\.self)
    }

    /// What the bond is worth, for a person.
    package var bond: String {
        switch method {
        case "passkey_entered": "passkey, typed here: this box's own agent was asked for it, so the bond is authenticated"
        case "passkey_displayed": "passkey, typed on the card: this box's own agent showed it, so the bond is authenticated"
        case "numeric_comparison": "numeric comparison: this box's own agent was asked, so the bond is authenticated"
        default: "Just Works: nobody was asked anything, so the bond is NOT authenticated; `earshot cards` shows that for ever"
        }
    }
}
