package import Recordings

/// A card, as in `GET /v1/cards`.
package struct CardMessage: Codable, Hashable, Sendable {
    package let id: CardID
    package let name: String
    package let serial: CardSerial
    package let manufacturer: String?
    package let model: String?
    package let firmware: String?
    /// Of its bond; nil when it was forgotten.
    package let address: String?
    /// What our own agent was asked when the bond was made: `passkey`, `comparison`, `just_works`.
    package let pairing: String?
    package let paired: UTCTime
    /// When another program was seen to have made the bond anew: it is not used until the card is forgotten and paired again.
    package let foreignBond: UTCTime?
    package let forgotten: UTCTime?
    /// When a session with it last began.
    package let seen: UTCTime?
    package let holder: HolderMessage?
    /// 8 hexadecimal digits; nil before its first session.
    package let generation: String?
    /// Recordings that it has and this gateway has not yet.
    package let waiting: Int
    /// Recordings of it that are here.
    package let held: Int
    /// `linked`, `near`, `away`; nil when the radio does not say.
    package let presence: String?
    package let heard: UTCTime?
    package let rssi: Int?
    /// How its last session ended, for a person.
    package let lastEnd: String?
    /// Whether its battery was under 15 % when it last said something of it, by advertisement or event; nil when it did not since the gateway
    /// started.
    package let batteryLow: Bool?

    package enum CodingKeys: String, CodingKey {
        case id, name, serial, manufacturer, model, firmware, address, pairing, paired, forgotten, seen, holder, generation, waiting, held, presence,
            heard, rssi
        case lastEnd = "last_end"
        case batteryLow = "battery_low"
        case foreignBond = "foreign_bond"
    }

    package init(
        id: CardID, name: String, serial: CardSerial, manufacturer: String? = nil, model: String? = nil, firmware: String? = nil,
        address: String? = nil, pairing: String? = nil, paired: UTCTime, foreignBond: UTCTime? = nil, forgotten: UTCTime? = nil, seen: UTCTime? = nil,
        holder: HolderMessage? = nil, generation: String? = nil, waiting: Int, held: Int, presence: String? = nil, heard: UTCTime? = nil,
        rssi: Int? = nil, lastEnd: String? = nil, batteryLow: Bool? = nil
    ) {
        self.id = id
        self.batteryLow = batteryLow
        self.name = name
        self.serial = serial
        self.manufacturer = manufacturer
        self.model = model
        self.firmware = firmware
        self.address = address
        self.pairing = pairing
        self.paired = paired
        self.foreignBond = foreignBond
        self.forgotten = forgotten
        self.seen = seen
        self.holder = holder
        self.generation = generation
        self.waiting = waiting
        self.held = held
        self.presence = presence
        self.heard = heard
        self.rssi = rssi
        self.lastEnd = lastEnd
    }
}

/// A card where it is only named.
package struct CardReference: Codable, Hashable, Sendable {
    package let id: CardID
    package let name: String

    package init(id: CardID, name: String) {
        self.id = id
        self.name = name
    }
}

/// What `DELETE /v1/cards/ID` did.
package struct ForgottenMessage: Codable, Hashable, Sendable {
    package enum Bond: String, Sendable, CaseIterable {
        /// It is gone from bluetoothd.
        case removed
        /// The adapter that it was made with is not there: should it come back, its bond is a stranger's, and is not used.
        case outOfReach = "out_of_reach"
    }

    package let card: CardMessage
    package let bond: Term<Bond>

    package init(card: CardMessage, bond: Term<Bond>) {
        self.card = card
        self.bond = bond
    }
}

/// `PATCH /v1/cards/ID`
package struct RenameCardRequest: RequestBody {
    package let name: String

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(name: String) {
        self.name = name
    }
}
