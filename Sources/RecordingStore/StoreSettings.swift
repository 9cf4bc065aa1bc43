package import Ledger

/// What the configuration says of storage.
package struct StoreSettings: Sendable {
    /// When a card may forget a recording.
    package let release: ReleasePolicy
    /// Bytes of the volume that recordings leave to the ledger and its events.
    package let reserve: UInt64
    /// Proves to a card whose it is; nil: this gateway has none.
    package let owner: OwnerKeyring?

    package init(release: ReleasePolicy, reserve: UInt64, owner: OwnerKeyring?) {
        self.release = release
        self.reserve = reserve
        self.owner = owner
    }
}
