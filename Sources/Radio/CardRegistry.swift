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

    /// A bond was just made and the card has said who it is: whether it may be enrolled, asked before it is given an owner.
    ///
    /// - Throws: `EnrolmentRefusal` when the serial is known under another bond: the new one is then removed.
    func mayEnrol(_ serial: CardSerial) async throws

    /// The key that is to prove whose card this is; nil when this gateway has none.
    func ownerKeys(for serial: CardSerial) async throws -> OwnerKeys?

    /// What the card made of it.
    func owner(_ outcome: OwnerOutcome, of serial: CardSerial) async throws

    /// A bond was just made, the card has said who it is and is ours.
    ///
    /// - Throws: `EnrolmentRefusal` when the serial is known under another bond or the name is taken: the bond is then removed.
    func enrol(_ card: NewCard) async throws -> PairedCard

    /// Another program made the bond of a paired card anew: it is not used, also by a later process, until the card is forgotten and paired again.
    func bondIsForeign(of card: CardID) async throws

    /// A pairing that was begun came to nothing: for the log of who changed what.
    func pairingFailed(with device: DeviceAddress, as name: String, because reason: String) async
}

/// Why a card that was just bonded is not taken: what, and what to do, for a person.
package struct EnrolmentRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package let fix: String

    package init(_ description: String, fix: String) {
        self.description = description
        self.fix = fix
    }
}

package struct PairedCard: Sendable, Hashable {
    package let id: CardID
    package let name: String
    package let adapter: DeviceAddress
    package let peer: DeviceAddress
    /// Whether a session may be held over its bond: it was authenticated, or a person made an exception for this card.
    package let isAccepted: Bool
    /// Another program was seen to have made its bond anew: who has it nobody here knows.
    package var bondIsForeign: Bool

    package init(id: CardID, name: String, adapter: DeviceAddress, peer: DeviceAddress, isAccepted: Bool, bondIsForeign: Bool = false) {
        self.id = id
        self.name = name
        self.adapter = adapter
        self.peer = peer
        self.isAccepted = isAccepted
        self.bondIsForeign = bondIsForeign
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
