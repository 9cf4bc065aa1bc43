internal import EventLoop
internal import GRDB

/// The ledger as it was before its tables were changed, for the program that knew them: `ledger-version-N.sqlite` beside it.
///
/// It stays until somebody deletes it.
struct LedgerBackup {
    private let folder: String
    /// The ledger's name without its ending.
    private let stem: String

    /// - Parameter ledger: the path of the database.
    init(ledger: String) {
        let parts = ledger.split(separator: "/", omittingEmptySubsequences: false)
        let name = parts.last.map(String.init) ?? ledger
        folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "./"
        stem = name.hasSuffix(Self.ending) ? String(name.dropLast(Self.ending.count)) : name
    }

    /// Copies the database, whole and durable, before a migration; nothing of an empty one. The copy of an earlier try is replaced.
    ///
    /// - Throws: when it cannot be kept: then nothing is to be migrated.
    func keep(_ db: Database, version: Int) throws {
        let directory = try Directory.open(path: folder)
        let part = name(version) + ".part"
        try directory.unlink(part)
        // SQLite fills an empty file; made here it is its owner's alone.
        _ = try directory.openFile(part, .createNew)
        try db.execute(sql: "VACUUM INTO ?", arguments: [folder + part])
        try directory.openFile(part, .readWrite).synchronizeData()
        try directory.rename(part, to: name(version))
        try directory.synchronize()
    }

    /// The newest backup that a program which knows `version` can read.
    func newest(upTo version: Int) -> String? {
        guard let names = try? Directory.open(path: folder).list() else { return nil }
        return stride(from: version, to: 0, by: -1).map(name).first { names.contains($0) }.map { folder + $0 }
    }

    private func name(_ version: Int) -> String { "\(stem)-version-\(version)\(Self.ending)" }

    private static let ending = ".sqlite"
}
