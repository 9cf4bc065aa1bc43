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

/// Names the bytes of a recording for ever.
package struct ObjectID: Hashable, Sendable {
    package let generation: UInt32
    package let number: UInt32

    package init(generation: UInt32, number: UInt32) {
        self.generation = generation
        self.number = number
    }
}

/// What one turn of a card changed.
package struct VaultChange: Sendable {
    package struct Append: Sendable {
        package let object: ObjectID
        package let offset: Int
        package let bytes: ArraySlice<UInt8>
    }

    package var appended: [Append] = []
    package var snapshot: [UInt8]
    package var erased: [ObjectID] = []
}
