package import EventLoop
internal import GRDB
package import Recordings

/// Copies of a ledger, for backups. An actor on a blocking thread.
package actor LedgerCopier {
    private let executor: BlockingThread

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package init(executor: BlockingThread) { self.executor = executor }

    /// What stands in a ledger, as far as a backup tells of it.
    package struct Contents: Sendable, Hashable {
        package let gateway: GatewayID
        /// Of its tables.
        package let schema: Int
        /// The paired cards.
        package let cards: [Card]
        /// The recordings whose bytes are or were here.
        package let recordings: [Recording]
        package let events: Int

        package struct Card: Sendable, Hashable {
            package let name: String
            /// Addresses, as bluetoothd names its folders.
            package let adapter: String
            package let peer: String
        }

        package struct Recording: Sendable, Hashable {
            package let id: RecordingID
            package let size: UInt64
            package let sha256: SHA256Digest
            /// Of what workers made of it, the names of the files in artifacts/.
            package let artifacts: [Artifact]
        }

        package struct Artifact: Sendable, Hashable {
            package let file: String
            package let size: UInt64
            package let sha256: SHA256Digest
        }
    }

    /// Copies one moment of a ledger into a new file; a gateway may go on working on it. The copy was read through once, and knows that no file
    /// beside it tells anything of it: the first start on it writes journal, sidecars and cards.json anew.
    ///
    /// - Throws: `LedgerError`, `newer_database` for one that a newer version of Earshot wrote; there may be a part of a copy then.
    package func copy(_ path: String, to copy: String) throws -> Contents {
        try Ledger.translating {
            var reading = Configuration()
            reading.readonly = true
            reading.busyMode = .timeout(5)
            reading.label = "earshot.backup"
            let source = try DatabaseQueue(path: path, configuration: reading)
            try source.inDatabase { try Self.refuseNewer($0) }
            // For its owner alone from its first byte on.
            _ = try? DurableFile.open(path: copy, .createNew)
            try source.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
            try source.close()
            let target = try DatabaseQueue(path: copy)
            try target.writeWithoutTransaction { try Schema.migrate($0) }
            try target.write { try CopySchema.markAll($0) }
            let contents = try Self.read(target)
            try target.close()
            return contents
        }
    }

    /// Reads a copy through.
    ///
    /// - Throws: `LedgerError` when it is damaged, or a newer version's.
    package func contents(of path: String) throws -> Contents {
        try Ledger.translating {
            var reading = Configuration()
            reading.readonly = true
            let source = try DatabaseQueue(path: path, configuration: reading)
            try source.inDatabase { try Self.refuseNewer($0) }
            let contents = try Self.read(source)
            try source.close()
            return contents
        }
    }

    private static func refuseNewer(_ db: Database) throws {
        let version = try Schema.version(db)
        guard version <= Schema.steps.count else { throw Schema.newer(version) }
    }

    private static func read(_ database: DatabaseQueue) throws -> Contents {
        try database.read { db in
            let complaint = try String.fetchOne(db, sql: "PRAGMA integrity_check") ?? "nothing"
            guard complaint == "ok" else {
                throw LedgerError(.storage, "The copy of the ledger is damaged.", fix: "Use another backup, or make a new one.", cause: complaint)
            }
            guard let row = try Row.fetchOne(db, sql: "SELECT id FROM gateway") else {
                throw LedgerError(.storage, "This is no ledger.", fix: "Use another backup.")
            }
            let cards = try Row.fetchAll(
                db, sql: "SELECT name, adapter, peer FROM card WHERE forgotten_at IS NULL AND method <> 'import' ORDER BY name"
            ).map { row in
                Contents.Card(name: try row.value("name"), adapter: try row.value("adapter"), peer: try row.value("peer"))
            }
            var artifacts: [String: [Contents.Artifact]] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT recording, file, size, sha256 FROM artifact WHERE kept = 1 ORDER BY file") {
                let artifact = Contents.Artifact(
                    file: try row.value("file"), size: try row.unsigned("size"), sha256: try digest(row))
                artifacts[try row.value("recording"), default: []].append(artifact)
            }
            let recordings = try Row.fetchAll(db, sql: "SELECT id, size, sha256 FROM recording WHERE sha256 IS NOT NULL ORDER BY id").map { row in
                Contents.Recording(
                    id: try row.identifier("id"), size: try row.unsigned("size"), sha256: try digest(row),
                    artifacts: artifacts[try row.value("id")] ?? [])
            }
            return Contents(
                gateway: try row.identifier("id"), schema: try Schema.version(db), cards: cards, recordings: recordings,
                events: try Int.fetchOne(db, sql: "SELECT count(*) FROM event") ?? 0)
        }
    }

    private static func digest(_ row: Row) throws -> SHA256Digest {
        guard let digest = try row.digest("sha256") else { throw Row.damaged("sha256") }
        return digest
    }
}
