/// Where a card keeps what must survive its power: a snapshot of everything small, and the bytes of each object.
///
/// Conformers: `MemoryVault` here, `FolderVault` of CardHost. One card uses a vault at a time.
package protocol CardVault: Sendable {
    /// The snapshot of the last commit; nil when the vault was never used.
    func loadSnapshot() async throws -> [UInt8]?

    /// The first `size` bytes of an object. Throws when there are fewer.
    func loadObject(_ id: ObjectID, size: Int) async throws -> [UInt8]

    /// Returns when the whole change is durable: first the bytes, then the snapshot (all of it or none), then the erasures.
    func commit(_ change: VaultChange) async throws
}
