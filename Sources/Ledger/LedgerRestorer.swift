internal import EventLoop
internal import GRDB
package import Recordings

/// Makes a ledger anew from extracts: they are staged as they are read, and of each key the newest becomes rows.
///
/// An actor on the blocking thread. The ledger grows under the path it was given; who calls gives it its name when `finish` has returned.
package actor LedgerRestorer {
    package enum Origin: Int, Sendable {
        case journal
        /// A sidecar or cards.json.
        case file
    }

    /// What stands in the new ledger, and what could not be brought into it.
    package struct Outcome: Sendable {
        package internal(set) var rows: [String: Int] = [:]
        /// Recordings that should have a whole file, with its size.
        package internal(set) var held: [(id: RecordingID, size: UInt64)] = []
        /// Every recording that has a row.
        package internal(set) var known: Set<RecordingID> = []
        /// Jobs that nothing told of, made by the routes of today.
        package internal(set) var enqueued = 0
        package internal(set) var problems: [String] = []
    }

    /// Numbers of the feed that may have been given out behind the last copy stay unused: more than a card brings at once.
    private static let gap = 2 * Limits.events

    private let database: DatabaseQueue
    private let environment: LedgerEnvironment
    private let routing: Routing
    private let executor: any SerialExecutor

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameter path: of a file that is not there.
    package init(at path: String, routing: Routing, environment: LedgerEnvironment, executor: any SerialExecutor) async throws {
        self.environment = environment
        self.routing = routing
        self.executor = executor
        database = try await Opener(executor: executor).make(at: path)
    }

    /// Takes in what a file tells. The order does not matter.
    package func take(_ extracts: [Extract], from origin: Origin) throws {
        try Ledger.translating {
            try database.write { db in
                let statement = try db.cachedStatement(
                    sql: """
                        INSERT INTO staged (name, key, origin, revision, rows) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (name, key, origin) DO UPDATE SET revision = excluded.revision, rows = excluded.rows
                            WHERE excluded.revision >= revision
                        """)
                for extract in extracts {
                    guard let path = extract.path else { continue }
                    try statement.execute(arguments: [extract.table, path, origin.rawValue, extract.revision, extract.rowsText])
                }
            }
        }
    }

    /// Makes the rows, and what is missing of the jobs. Nothing can be taken in afterwards.
    ///
    /// - Parameter parts: bytes of the parts that are on the disk and have no whole recording beside them; their pulls go on from there, and their
    ///   digest decides.
    /// - Throws: `LedgerError` `conflict` when the files do not tell of the gateway itself, or of the card of a recording.
    package func finish(parts: [RecordingID: UInt64]) throws -> Outcome {
        let now = environment.wall.now()
        let outcome = try Ledger.translating {
            try database.write { db in
                var outcome = Outcome()
                for table in ExtractTable.all { try Self.insert(table, &outcome, db) }
                try Self.checkWhole(&outcome, db)
                let transaction = Transaction(db, at: now, environment: environment, routing: routing)
                try Self.goOn(transaction)
                for (id, length) in parts { try Self.goOn(with: id, length, transaction) }
                try Self.settleJobs(&outcome, transaction)
                try Self.noteUncopied(db)
                try Self.count(&outcome, db)
                try transaction.log("ledger.rebuilt", "", "\(outcome.rows["recording", default: 0]) recordings")
                try transaction.emit("gateway.rebuilt", [("recordings", .number(Int64(outcome.rows["recording", default: 0])))])
                return outcome
            }
        }
        return outcome
    }

    package func close() throws { try Ledger.translating { try database.close() } }

    /// The newest extract of each key becomes rows; one that cannot is named.
    private static func insert(_ table: ExtractTable, _ outcome: inout Outcome, _ db: Database) throws {
        let columns = try db.columns(in: table.name)
        // A column that was added since the row was copied has its default.
        let values = columns.map { column in
            let value = "value ->> '\(column.name)'"
            return column.isNotNull ? column.defaultValueSQL.map { "coalesce(\(value), \($0))" } ?? value : value
        }
        let statement = try db.makeStatement(
            sql: """
                INSERT INTO \(table.name) (\(columns.map(\.name).joined(separator: ", ")))
                SELECT \(values.joined(separator: ", ")) FROM json_each(?)
                """)
        let newest = try Row.fetchCursor(
            db,
            sql: """
                SELECT key, rows FROM staged WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM staged AS other
                    WHERE other.name = ?1 AND other.key = staged.key
                        AND (other.revision, other.origin) > (staged.revision, staged.origin)) ORDER BY revision
                """, arguments: [table.name])
        while let row = try newest.next() {
            do {
                try statement.execute(arguments: [try row.value("rows") as String])
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT || error.resultCode == .SQLITE_ERROR {
                outcome.problems.append("\(table.name) \(try row.value("key") as String): \(error.message ?? "it does not fit")")
            }
        }
    }

    /// Without a gateway there are no ids to go on with, and without its card nobody could say whose a recording is.
    private static func checkWhole(_ outcome: inout Outcome, _ db: Database) throws {
        guard try Row.fetchOne(db, sql: "SELECT 1 FROM gateway") != nil else {
            throw LedgerError(
                .conflict, "Neither cards.json nor the journal tells which gateway this was.",
                fix: "Bring back cards.json, or the whole state folder, from a backup. Nothing was made.")
        }
        let strays = try String.fetchAll(
            db, sql: "SELECT id FROM recording WHERE sha256 IS NOT NULL AND card NOT IN (SELECT id FROM card) ORDER BY id")
        guard strays.isEmpty else {
            throw LedgerError(
                .conflict,
                "Nothing tells of the card of \(strays.count) recordings: \(strays.prefix(3).joined(separator: ", "))\(strays.count > 3 ? " …" : "").",
                fix: "Bring back cards.json from a backup. Nothing was made.")
        }
        for (table, column, parent) in [
            ("carry", "card", "card"), ("carry", "holder", "holder"), ("generation", "card", "card"), ("recording", "card", "card"),
            ("import", "recording", "recording"), ("delivery", "recording", "recording"), ("annotation", "recording", "recording"),
        ] {
            try db.execute(sql: "DELETE FROM \(table) WHERE \(column) NOT IN (SELECT id FROM \(parent))")
            if db.changesCount > 0 { outcome.problems.append("\(db.changesCount) rows of \(table): nothing tells of their \(column)") }
        }
        try db.execute(sql: "UPDATE import SET holder = NULL WHERE holder NOT IN (SELECT id FROM holder)")
        if db.changesCount > 0 { outcome.problems.append("\(db.changesCount) rows of import: nothing tells of their holder") }
    }

    /// Counters go on behind everything that may have been given out.
    private static func goOn(_ transaction: Transaction) throws {
        try transaction.execute("DELETE FROM uncopied")
        try transaction.execute("UPDATE revision SET number = coalesce((SELECT max(revision) FROM staged), 0) + ?", [gap])
        try transaction.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name IN ('event', 'job')", [gap])
        try transaction.execute(
            "UPDATE recording SET changed = changed + ? WHERE changed = (SELECT max(changed) FROM recording)", [gap])
        try transaction.execute(
            """
            UPDATE recording SET delivered_at = (SELECT min(at) FROM delivery WHERE delivery.recording = recording.id)
            WHERE delivered_at IS NULL AND id IN (SELECT recording FROM delivery)
            """)
        try transaction.execute("UPDATE recording SET durable = 0, proven = 0 WHERE sha256 IS NULL")
    }

    private static func goOn(with part: RecordingID, _ length: UInt64, _ transaction: Transaction) throws {
        // Its sidecar was written, and nothing behind that: it is not stored yet.
        try transaction.execute(
            """
            UPDATE recording SET state = 'pulling', cause = NULL, sha256 = NULL, size = NULL, stored_at = NULL, proven_at = NULL
            WHERE id = ? AND (state IN ('stored', 'disputed') OR id IN (SELECT recording FROM import)) AND size = ?
            """, [part.description, Int64(clamping: length)])
        if transaction.db.changesCount > 0 {
            try transaction.execute("DELETE FROM step WHERE recording = ? AND what IN ('stored', 'disputed', 'digest_confirmed')", [part.description])
        }
        try transaction.execute(
            "UPDATE recording SET durable = ?, proven = 0 WHERE id = ? AND sha256 IS NULL", [Int64(clamping: length), part.description])
    }

    /// A recording of which no job is known gets those of the routes, unless it was delivered: then they ran.
    private static func settleJobs(_ outcome: inout Outcome, _ transaction: Transaction) throws {
        let before = try transaction.count("job")
        let bare = try RecordingRows.fetch(
            where: """
                recording.sha256 IS NOT NULL AND recording.delivered_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM job WHERE job.recording = recording.id) ORDER BY recording.id
                """, [], transaction.db)
        for recording in bare {
            let isSettled = recording.isCurrent && (recording.state == .stored || recording.state == .proven)
            try Ledger.enqueueStored(recording, held: isSettled ? nil : "Waits for its digest to be settled.", transaction)
        }
        outcome.enqueued = try transaction.count("job") - before
    }

    /// What the journal or a sidecar does not have, or has otherwise, is copied again.
    private static func noteUncopied(_ db: Database) throws {
        let isNewest = """
            NOT EXISTS (SELECT 1 FROM staged AS other WHERE other.name = staged.name AND other.key = staged.key
                AND (other.revision, other.origin) > (staged.revision, staged.origin))
            """
        func isTold(by origin: Origin) -> String {
            """
            EXISTS (SELECT 1 FROM staged AS told WHERE told.name = staged.name AND told.key = staged.key AND told.origin = \(origin.rawValue)
                AND told.rows = staged.rows)
            """
        }
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO uncopied (source, key, revision) SELECT name, key, revision.number FROM staged, revision
                WHERE name <> 'step' AND \(isNewest)
                    AND NOT (\(isTold(by: .journal)) AND (name NOT IN ('gateway', 'card', 'holder', 'carry') OR \(isTold(by: .file))))
                """)
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO uncopied (source, key, revision)
                SELECT 'sidecar', recording.id, revision.number FROM recording, revision WHERE recording.sha256 IS NOT NULL AND EXISTS (
                    SELECT 1 FROM staged WHERE name IN ('recording', 'delivery') AND \(isNewest) AND NOT \(isTold(by: .file))
                        AND key >= recording.id AND key < recording.id || '0')
                """)
        try db.execute(sql: "DROP TABLE staged")
    }

    private static func count(_ outcome: inout Outcome, _ db: Database) throws {
        for table in ExtractTable.all {
            outcome.rows[table.name] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name)") ?? 0
        }
        for row in try Row.fetchAll(db, sql: "SELECT id, size, sha256, state FROM recording ORDER BY id") {
            let id: RecordingID = try row.identifier("id")
            outcome.known.insert(id)
            if try row.optional("sha256") as String? != nil, try row.value("state") as String != RecordingState.missing.rawValue {
                outcome.held.append((id, UInt64(clamping: try row.optional("size") as Int64? ?? 0)))
            }
        }
    }
}

extension Extract {
    /// Its key as `uncopied` writes it; nil for a table that no version of Earshot copies, or a key that is not the table's.
    fileprivate var path: String? {
        guard let columns = ExtractTable.named(table)?.key else { return nil }
        let parts = columns.compactMap { column in
            if case .text(let text) = key[column] { text } else { nil }
        }
        return parts.count == columns.count ? parts.joined(separator: ExtractTable.separator) : nil
    }
}

extension Transaction {
    fileprivate func count(_ table: String) throws -> Int { try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0 }
}
