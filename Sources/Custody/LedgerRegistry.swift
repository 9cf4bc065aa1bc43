internal import Bytes
package import GATT
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
        let info = try await enroll(card, device, bond)
        guard let paired = Self.paired(info) else { throw CustodyError.storage("The card's row has no bond that can be used.") }
        return paired
    }

    package func mayEnrol(_ serial: CardSerial) async throws {
        guard let paired = try? await ledger.card(named: serial.description), paired.serial == serial, paired.bond != nil else { return }
        throw EnrolmentRefusal(
            "The card with serial number \(serial) is paired here already, as \(paired.name): that bond stays, the new one was removed.",
            fix: "If this is that card and it has lost its bond, run: earshot forget \(paired.name). Then pair it again.")
    }

    package func ownerKeys(for serial: CardSerial) async throws -> OwnerKeys? { await store.owner?.keys(for: serial) }

    package func owner(_ outcome: OwnerOutcome, of serial: CardSerial) async throws { try await store.owner?.told(outcome, of: serial) }

    package func bondIsForeign(of card: CardID) async throws { try await ledger.noteForeignBond(of: card) }

    package func pairingFailed(with device: DeviceAddress, as name: String, because reason: String) async {
        try? await ledger.log("pairing.failed", subject: device.description, "as \(ForeignText(name)): \(ForeignText(reason))")
    }

    /// A serial number that is paired under another bond is never merged with it.
    private func enroll(_ card: NewCard, _ device: DeviceFacts, _ bond: Bond) async throws -> CardInfo {
        let serial = card.identity.generation.serial
        do {
            return try await ledger.enroll(
                serial: serial, name: card.name, device: device, bond: bond, generation: card.identity.generation.number)
        } catch let error as LedgerError where error.code == .conflict {
            try await mayEnrol(serial)
            throw EnrolmentRefusal(error.detail, fix: error.fix)
        }
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
        return PairedCard(id: info.id, name: info.name, adapter: adapter, peer: peer, isAccepted: true, bondIsForeign: info.foreignBondAt != nil)
    }
}
