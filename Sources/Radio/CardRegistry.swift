package import GATT
package import Recordings

/// The paired cards as the ledger knows them. Conformers: Gateway's over the ledger, and the radio's tests.
package protocol CardRegistry: Sendable {
    /// Cards whose bond was made here and not forgotten.
    func pairedCards() async throws -> [PairedCard]

    /// Where this card's recordings and events go. One session at a time uses it.
    func sink(for card: CardID) async throws -> any RecordingSink

    /// Screen notes that wait for this card, oldest first, each with a name for `screenShown`.
    func waitingScreens(for card: CardID) async throws -> [(name: String, note: ScreenNote)]

    func screenEnded(_ name: String, result: CardActionResult) async throws

    /// A bond was just made and the card has said who it is.
    ///
    /// - Throws: `CustodyError.serialRefused` when the serial is known under another bond: the bond is then removed.
    func enrol(_ card: NewCard) async throws -> PairedCard
}

package struct PairedCard: Sendable, Hashable {
    package let id: CardID
    package let name: String
    package let adapter: DeviceAddress
    package let peer: DeviceAddress
    /// Whether a session may be held over its bond: it was authenticated, or a person made an exception for this card.
    package let isAccepted: Bool

    package init(id: CardID, name: String, adapter: DeviceAddress, peer: DeviceAddress, isAccepted: Bool) {
        self.id = id
        self.name = name
        self.adapter = adapter
        self.peer = peer
        self.isAccepted = isAccepted
    }
}

/// What pairing learned.
package struct NewCard: Sendable, Hashable {
    package let name: String
    package let adapter: DeviceAddress
    package let peer: DeviceAddress
    package let method: PairingMethod
    package let identity: CardIdentity

    package init(name: String, adapter: DeviceAddress, peer: DeviceAddress, method: PairingMethod, identity: CardIdentity) {
        self.name = name
        self.adapter = adapter
        self.peer = peer
        self.method = method
        self.identity = identity
    }
}
