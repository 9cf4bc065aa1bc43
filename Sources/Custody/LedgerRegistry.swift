internal import Bytes
internal import GATT
package import Ledger
package import Radio
package import RecordingStore
package import Recordings

/// The paired cards as the radio sees them: the ledger's rows, and the store's sink for each.
package struct LedgerRegistry: CardRegistry {
    private let ledger: Ledger
    private let store: RecordingFiles

    package init(ledger: Ledger, store: RecordingFiles) {
        self.ledger = ledger
        self.store = store
    }

    package func pairedCards() async throws -> [PairedCard] {
        try await ledger.cards().compactMap(Self.paired)
    }

    package func sink(for card: CardID) async throws -> any RecordingSink { await store.custody(of: card) }

    package func waitingScreens(for card: CardID) async throws -> [(name: String, note: ScreenNote)] {
        try await ledger.screens(waitingFor: card).map { screen in
            let style: ScreenNote.Style = screen.content.style == .alert ? .alert : .note
            return (screen.id.description, ScreenNote(screen.content.text.raw, style: style, seconds: screen.content.seconds))
        }
    }

    package func screenEnded(_ name: String, result: CardActionResult) async throws {
        // A card that refuses or has no screen will not show it later either; the text expires in the ledger.
        guard case .done = result, let screen = ScreenID(name) else { return }
        try await ledger.shown(screen)
    }

    package func enrol(_ card: NewCard) async throws -> PairedCard {
        let device = DeviceFacts(
            manufacturer: card.identity.manufacturer ?? ForeignText(""), model: card.identity.model ?? ForeignText(""),
            hardware: ForeignText(""), firmware: card.identity.firmware ?? ForeignText(""))
        let bond = Bond(
            adapter: card.adapter.description, peer: card.peer.description, peerKind: card.peer.kind.rawValue, method: Self.method(card.method))
        let info = try await ledger.enroll(
            serial: card.identity.generation.serial, name: card.name, device: device, bond: bond,
            generation: card.identity.generation.number)
        guard let paired = Self.paired(info) else { throw CustodyError.storage("The card's row has no bond that can be used.") }
        return paired
    }

    private static func method(_ method: PairingMethod) -> Bond.Method {
        switch method {
        case .passkeyEntered, .passkeyDisplayed: .passkey
        case .numericComparison: .comparison
        case .justWorks: .justWorks
        }
    }

    private static func paired(_ info: CardInfo) -> PairedCard? {
        guard let bond = info.bond, let kind = DeviceAddress.Kind(rawValue: bond.peerKind), let peer = DeviceAddress(bond.peer, kind: kind),
            let adapter = DeviceAddress(bond.adapter, kind: .public)
        else { return nil }
        // A Just Works bond is enrolled only when a person made the exception for that card (Enrolment).
        return PairedCard(id: info.id, name: info.name, adapter: adapter, peer: peer, isAccepted: true)
    }
}
