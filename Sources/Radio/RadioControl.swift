package import Bytes
package import Drivers
package import GATT
package import Recordings

/// What the API may ask of the radio. Conformers: `CardRadio` and the API's tests.
package protocol RadioControl: Sendable {
    func status() async -> RadioStatus

    /// Has a card do something over its link, or over the next one within the time given.
    ///
    /// - Returns: what the card answered; nil when the time was over first. A screen note stays in the ledger and is shown
    ///   later; anything else is forgotten then.
    /// - Throws: `RadioError`.
    func perform(_ action: CardAction, on card: CardID, within: Duration) async throws -> CardActionResult?

    /// A screen note, written to the ledger before, waits for this card. Returns at once.
    func screenWaits(for card: CardID) async

    /// Opens the pairing window, at most 60 s. One at a time.
    func startPairing(_ request: PairingRequest) async throws -> PairingID

    /// What happens in this pairing, from its beginning; ends after `.paired` or `.failed`. A watcher may come again.
    func pairingEvents(_ pairing: PairingID) async throws -> AsyncStream<PairingEvent>

    /// The device to pair with, of those that were found; for a request that leaves the choice to a person.
    func choose(_ pairing: PairingID, device: String) async throws

    /// The answer to the question that is open.
    func answer(_ pairing: PairingID, _ answer: PairingAnswer) async throws

    /// Ends the window, and returns when what was begun is undone (30 s at most): no bond, no card. Success when it was over already; a card whose
    /// row is being written in that moment stays.
    func cancelPairing(_ pairing: PairingID) async

    /// Ends the card's link and removes its bond on this host; the ledger is the caller's affair.
    ///
    /// - Throws: `RadioError.unknownCard` when no adapter that is, or was, there has it; `GATTError` when the bond is still there.
    func forget(_ card: CardID) async throws
}

/// Which card to pair, under which name.
package struct PairingRequest: Sendable, Hashable {
    /// What people will call it: one word.
    package let name: String
    /// Address or advertised name (`Card-7C21`); nil: the first card in pairing mode.
    package let device: String?
    /// No card is paired with before `RadioControl.choose` names it.
    package let choose: Bool
    /// Accept a card that can neither show nor take a passkey.
    package let allowUnauthenticated: Bool
    /// At most 60 s.
    package let window: Duration

    package init(name: String, device: String?, choose: Bool = false, allowUnauthenticated: Bool, window: Duration = .seconds(60)) {
        self.name = name
        self.device = device
        self.choose = choose
        self.allowUnauthenticated = allowUnauthenticated
        self.window = min(window, .seconds(60))
    }
}

package enum PairingEvent: Sendable, Hashable {
    /// A card in pairing mode was heard; told again when its signal changed.
    case found(address: DeviceAddress, name: ForeignText?, rssi: Int?)
    /// A recorder was heard that cannot be paired now: what it is, and what is missing.
    case other(address: DeviceAddress, name: ForeignText?, rssi: Int?, kind: String, missing: String)
    /// Pairing with this device began.
    case pairing(address: DeviceAddress)
    /// A person must answer.
    case question(PairingQuestion)
    case paired(card: CardID, serial: CardSerial, method: PairingMethod, admission: Admission)
    /// Why, and what to do.
    case failed(reason: String, fix: String)

    package var isLast: Bool {
        switch self {
        case .paired, .failed: true
        default: false
        }
    }

    /// The device, when it is about one that was heard.
    var heard: DeviceAddress? {
        switch self {
        case .found(let address, _, _), .other(let address, _, _, _, _): address
        default: nil
        }
    }

    /// Whether the other, about the same device, says something new.
    func isOutdated(by other: PairingEvent, _ decibels: Int) -> Bool {
        switch (self, other) {
        case (.found(_, let name, let rssi), .found(_, let newName, let newRSSI)),
            (.other(_, let name, let rssi, _, _), .other(_, let newName, let newRSSI, _, _)):
            (newName != nil && newName != name) || abs((newRSSI ?? rssi ?? 0) - (rssi ?? newRSSI ?? 0)) >= decibels || (rssi == nil && newRSSI != nil)
        // Pairing mode was opened or closed on it.
        default: true
        }
    }
}

package struct RadioStatus: Sendable, Hashable {
    package struct Adapter: Sendable, Hashable {
        package let address: DeviceAddress
        package let name: String
        /// `scanning`, `connecting`, `recovering`, `idle`, `off`, `gone`.
        package let state: String
        package let links: Int
        /// What is wrong with it and what to do, for a person; nil while nothing is.
        package let trouble: String?

        package init(address: DeviceAddress, name: String, state: String, links: Int, trouble: String? = nil) {
            self.address = address
            self.name = name
            self.state = state
            self.links = links
            self.trouble = trouble
        }
    }

    package struct Card: Sendable, Hashable {
        package let card: CardID
        /// `linked`, `near`, `away`.
        package let presence: String
        package let lastHeard: UTCTime?
        package let rssi: Int?
        /// The last session's end, for a person; nil before the first.
        package let lastEnd: String?
        /// What it last said of its battery, by advertisement or event; nil before the first.
        package let batteryIsLow: Bool?

        package init(card: CardID, presence: String, lastHeard: UTCTime?, rssi: Int?, lastEnd: String?, batteryIsLow: Bool? = nil) {
            self.card = card
            self.batteryIsLow = batteryIsLow
            self.presence = presence
            self.lastHeard = lastHeard
            self.rssi = rssi
            self.lastEnd = lastEnd
        }
    }

    /// Every adapter that is or was in use, by name.
    package let adapters: [Adapter]
    /// Why there is no Bluetooth at all, for a person; nil while there is.
    package let trouble: String?
    package let cards: [Card]

    package init(adapters: [Adapter], cards: [Card], trouble: String? = nil) {
        self.adapters = adapters
        self.trouble = trouble
        self.cards = cards
    }
}

package enum RadioError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownCard
    case unknownPairing
    /// Another pairing is open.
    case pairingUnderWay
    /// No question is open, or the answer is not of its kind.
    case noSuchQuestion
    /// Too many actions wait for this card.
    case agendaFull
    case noAdapter
    /// The device that was chosen is none that was found.
    case notFound
    /// Too many pairings went wrong; the next may be tried at this time.
    case tooManyFailures(until: UTCTime)

    package var description: String {
        switch self {
        case .unknownCard: "No card of that id is paired."
        case .unknownPairing: "No pairing of that id is open."
        case .pairingUnderWay: "Another pairing is open; it ends by itself within a minute."
        case .noSuchQuestion: "The card does not ask for that now."
        case .agendaFull: "Too many actions wait for this card."
        case .noAdapter: "No Bluetooth adapter is there."
        case .notFound: "No card of that address is in pairing mode here."
        case .tooManyFailures(let until):
            "\(PairingFailures.most) pairings went wrong within \(PairingFailures.span.components.seconds / 60) minutes: none is tried before \(until)."
        }
    }
}
