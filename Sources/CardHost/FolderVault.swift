package import EventLoop
package import SoftwareCard

/// A card's vault in a folder: `snapshot`, and `objects/GENERATION-NUMBER.opus`. What was committed survives a power loss of this machine.
package actor FolderVault: CardVault {
    private static let snapshotFile = "snapshot"
    /// Events and recordings of a card that was never emptied.
    private static let longestSnapshot = 64 << 20

    private let thread: BlockingThread
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    private let folder: Directory
    private let objects: Directory

    /// - Parameter path: of a folder that exists.
    package init(path: String, thread: BlockingThread) async throws {
        self.thread = thread
        let folder = try Directory.open(path: path)
        objects = try folder.makeDirectory("objects")
        self.folder = folder
    }

    package func loadSnapshot() throws -> [UInt8]? {
        guard try folder.size(of: Self.snapshotFile) != nil else { return nil }
        return try folder.readFile(Self.snapshotFile, limit: Self.longestSnapshot)
    }

    package func loadObject(_ id: ObjectID, size: Int) throws -> [UInt8] {
        guard size > 0 else { return [] }
        let file = try objects.openFile(Self.name(of: id), .read)
        guard try file.size() >= size else {
            throw SoftwareCardError(.vaultDamaged, "\(file.path) is shorter than the \(size) bytes that the card had stored.")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        _ = try file.read(into: &bytes, at: 0)
        return bytes
    }

    package func commit(_ change: VaultChange) throws {
        for append in change.appended {
            let file = try objects.openFile(Self.name(of: append.object), .create)
            unsafe try file.write(append.bytes.span.bytes, at: append.offset)
            try file.synchronizeData()
        }
        if change.appended.contains(where: { $0.offset == 0 }) { try objects.synchronize() }
        unsafe try folder.writeAtomically(Self.snapshotFile, change.snapshot.span.bytes)
        for id in change.erased { try objects.unlink(Self.name(of: id)) }
    }

    private static func name(of id: ObjectID) -> String {
        let digits = String(id.generation, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits + "-\(id.number).opus"
    }
}
