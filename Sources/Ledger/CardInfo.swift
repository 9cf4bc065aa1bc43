package import Bytes
package import Recordings

/// A card as the ledger knows it.
package struct CardInfo: Sendable, Hashable {
    package let id: CardID
    /// Given by a person; unique among the cards that are not forgotten.
    package let name: String
    package let serial: CardSerial
    package let device: DeviceFacts
    /// nil when the card was forgotten.
    package let bond: Bond?
    package let pairedAt: UTCTime
    package let forgottenAt: UTCTime?
    /// When a session with it last began.
    package let seenAt: UTCTime?
    /// Who carries it now.
    package let holder: HolderInfo?
    /// The generation it spoke of last.
    package let generation: UInt32?
    /// Recordings that it has and this gateway has not yet.
    package let waiting: Int
    /// Recordings of it that are here.
    package let held: Int
}

/// What Device Information says.
package struct DeviceFacts: Sendable, Hashable {
    package let manufacturer: ForeignText
    package let model: ForeignText
    package let hardware: ForeignText
    package let firmware: ForeignText

    package init(manufacturer: ForeignText, model: ForeignText, hardware: ForeignText, firmware: ForeignText) {
        self.manufacturer = manufacturer
        self.model = model
        self.hardware = hardware
        self.firmware = firmware
    }
}

/// A bond that this gateway made itself: one that is not in the ledger is a stranger's.
package struct Bond: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case passkey, comparison
        /// Nothing was asked of our agent.
        case justWorks = "just_works"
    }

    /// The adapter's own address, `AA:BB:CC:DD:EE:FF`.
    package let adapter: String
    /// The card's identity address.
    package let peer: String
    /// `public` or `random`.
    package let peerKind: String
    package let method: Method

    package init(adapter: String, peer: String, peerKind: String, method: Method) {
        self.adapter = adapter
        self.peer = peer
        self.peerKind = peerKind
        self.method = method
    }
}

/// A person who carries cards.
package struct HolderInfo: Sendable, Hashable {
    package let id: HolderID
    /// What the owner calls the person in other systems, as `anna@example.com`; unique.
    package let handle: String
    package let name: String
    package let groups: [String]

    package init(id: HolderID, handle: String, name: String, groups: [String]) {
        self.id = id
        self.handle = handle
        self.name = name
        self.groups = groups
    }
}
