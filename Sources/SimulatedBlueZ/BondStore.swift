internal import EventLoop

/// Keeps the bonds in the state folder, as bluetoothd does in /var/lib/bluetooth.
actor BondStore {
    private static let file = "bonds"
    /// More than any test or demo needs; a longer file is a mistake.
    private static let longestFile = 1 << 20

    private let thread: BlockingThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }
    private let folder: String
    private var saved: BondTable?

    /// - Parameter folder: exists.
    init(folder: String) throws {
        thread = try BlockingThread(name: "bonds")
        self.folder = folder
    }

    /// No file: no bonds yet.
    func load() throws -> BondTable {
        guard let bytes = try bytes() else { return BondTable() }
        do {
            return try BondTable(text: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw UnreadableBonds(path: folder + "/" + Self.file, reason: "\(error)")
        }
    }

    private func bytes() throws -> [UInt8]? {
        let directory = try Directory.open(path: folder)
        guard try directory.size(of: Self.file) != nil else { return nil }
        return try directory.readFile(Self.file, limit: Self.longestFile)
    }

    /// Returns once the table is on the disk.
    func save(_ table: BondTable) throws {
        guard table != saved else { return }
        unsafe try Directory.open(path: folder).writeAtomically(Self.file, Array(table.text.utf8).span.bytes)
        saved = table
    }
}
