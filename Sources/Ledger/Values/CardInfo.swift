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
    /// When another program was seen to have made that bond anew: it is not used.
    package let foreignBondAt: UTCTime?
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
