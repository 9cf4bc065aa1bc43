package import Recordings

/// `POST /v1/pairings`: opens the pairing window.
package struct PairRequest: RequestBody {
    /// What people will call the card: one word.
    package let name: String
    /// Address or advertised name (`Card-7C21`); nil: the first card in pairing mode.
    package let device: String?
    /// Pair with no card before an answer names its `device`; not together with `device`.
    package let choose: Bool?
    /// Accept a card that can neither show nor take a passkey.
    package let allowUnauthenticated: Bool?
    /// How long the window stays open; nil or more is 60.
    package let windowSeconds: Int?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, device, choose
        case allowUnauthenticated = "allow_unauthenticated"
        case windowSeconds = "window_s"
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(
        name: String, device: String? = nil, choose: Bool? = nil, allowUnauthenticated: Bool? = nil, windowSeconds: Int? = nil
    ) {
        self.name = name
        self.device = device
        self.choose = choose
        self.allowUnauthenticated = allowUnauthenticated
        self.windowSeconds = windowSeconds
    }
}

/// A pairing that was begun.
package struct PairingMessage: Codable, Hashable, Sendable {
    package let id: String
    /// The path of its events.
    package let events: String

    package init(id: String, events: String) {
        self.id = id
        self.events = events
    }
}

/// One event of a pairing, in its stream from the beginning on.
package struct PairingEventMessage: Codable, Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// `found`: a card in pairing mode; `other`: a recorder that cannot be paired now.
        case found, other, pairing, question, paired, failed
    }

    package enum Question: String, Sendable, CaseIterable {
        /// The card shows six digits: answer with them.
        case enterPasskey = "enter_passkey"
        /// `passkey` is to be typed on the card.
        case displayPasskey = "display_passkey"
        /// Both show `passkey`: answer whether they do.
        case confirm
        /// Nothing can be compared: answer whether to allow it all the same.
        case authorize
    }

    package let state: Term<State>
    package let address: String?
    package let deviceName: String?
    package let rssi: Int?
    package let question: Term<Question>?
    /// Six digits.
    package let passkey: String?
    package let card: CardID?
    package let serial: CardSerial?
    /// `passkey_entered`, `passkey_displayed`, `numeric_comparison`, `just_works`.
    package let method: String?
    /// Of `paired`: whether our own agent was asked, so that somebody in the middle would have been noticed.
    package let authenticated: Bool?
    /// Of `paired`: `set`, `proven`, `replaced` (it had an earlier key of ours), `not_offered`, `none`.
    package let owner: String?
    /// Of `paired`: whether the card's clock was set: it is not while the gateway's own is not synchronised.
    package let clockSet: Bool?
    /// Of `other`: what it is, and what is missing to pair it.
    package let kind: String?
    package let missing: String?
    /// Of `failed`.
    package let reason: String?
    package let fix: String?

    package enum CodingKeys: String, CodingKey {
        case state, address, rssi, question, passkey, card, serial, method, authenticated, owner, kind, missing, reason, fix
        case clockSet = "clock_set"
        case deviceName = "device_name"
    }

    package init(
        state: Term<State>, address: String? = nil, deviceName: String? = nil, rssi: Int? = nil, question: Term<Question>? = nil,
        passkey: String? = nil, card: CardID? = nil, serial: CardSerial? = nil, method: String? = nil, authenticated: Bool? = nil,
        owner: String? = nil, clockSet: Bool? = nil, kind: String? = nil, missing: String? = nil, reason: String? = nil, fix: String? = nil
    ) {
        self.state = state
        self.address = address
        self.deviceName = deviceName
        self.rssi = rssi
        self.question = question
        self.passkey = passkey
        self.card = card
        self.serial = serial
        self.method = method
        self.authenticated = authenticated
        self.owner = owner
        self.clockSet = clockSet
        self.kind = kind
        self.missing = missing
        self.reason = reason
        self.fix = fix
    }
}

/// `POST /v1/pairings/ID/answer`: one of the three.
package struct PairingAnswerRequest: RequestBody {
    /// Six digits.
    package let passkey: String?
    /// `yes` or `no`.
    package let answer: String?
    /// The address of the card that was chosen.
    package let device: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case passkey, answer, device
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(passkey: String? = nil, answer: String? = nil, device: String? = nil) {
        self.passkey = passkey
        self.answer = answer
        self.device = device
    }
}
