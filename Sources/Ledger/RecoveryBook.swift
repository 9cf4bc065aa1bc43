internal import GRDB
package import Recordings

/// Recovery at start: the store compares and corrects.
extension Ledger {
    /// What should be here whole: the ids, as text, and the bytes of each. There may be very many, and a start waits for them.
    package func heldFiles() throws -> [(id: String, size: Int)] {
        try read { db in
            let rows = try Row.fetchCursor(db, sql: "SELECT id, size FROM recording WHERE sha256 IS NOT NULL AND state <> 'missing'")
            var held: [(id: String, size: Int)] = []
            while let row = try rows.next() { held.append((row[0], row[1] ?? 0)) }
            return held
        }
    }

    /// The rest of which files may be here; and those of `doubtful`, which should be.
    package func fileBeliefs(_ doubtful: [RecordingID]) throws -> [FileBelief] {
        try read { db in
            let rest = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM recording WHERE (sha256 IS NULL OR state = 'missing')
                        AND (sha256 IS NOT NULL OR durable > 0 OR state IN ('pulling', 'listed', 'released_elsewhere', 'deleted_on_card'))
                    """)
            let held = try doubtful.compactMap { try Row.fetchOne(db, sql: "SELECT * FROM recording WHERE id = ?", arguments: [$0.description]) }
            return try (held + rest).map { found in
                let row = try CustodyRow(found)
                return FileBelief(
                    id: row.id, sha256: row.sha256, size: try (found.optional("size") as Int64?).map { UInt64(clamping: $0) } ?? 0,
                    isMissing: row.state == .missing, isUnwanted: row.state == .releasedElsewhere || row.state == .deletedOnCard,
                    durable: row.durable, listedSize: row.entry.size)
            }
        }
    }

    /// Whether any row knows this file.
    package func knows(_ id: RecordingID) throws -> Bool {
        try read { db in try Row.fetchOne(db, sql: "SELECT 1 FROM recording WHERE id = ?", arguments: [id.description]) != nil }
    }

    /// The ledger says stored and the file is gone or is not the same any more: loud, and READ again if the card still lists it.
    package func noteMissing(_ id: RecordingID, cause: String) throws {
        try write { transaction in
            try transaction.execute("UPDATE recording SET durable = 0, proven = 0, pulls = pulls + 1 WHERE id = ?", [id.description])
            try Self.holdJobs(of: id, transaction)
            try Self.setState(.missing, of: id, cause, transaction)
            try transaction.emit("recording.missing", recording: id, [("cause", .string(cause))])
        }
    }

    /// A missing file is back, whole.
    package func noteFound(_ id: RecordingID, size: UInt64) throws {
        try write { transaction in
            try transaction.execute(
                "UPDATE recording SET durable = ?1, proven = ?1 WHERE id = ?2", [Int64(clamping: size), id.description])
            try Self.setState(.stored, of: id, "Its file is back.", step: "found", transaction)
            if try Self.isImport(id, transaction) { try Self.prove(id, transaction) }
            try Self.releaseJobs(of: id, transaction)
        }
    }
}
