internal import Bytes
internal import GRDB
internal import Recordings

/// Reads recordings with what belongs to them.
enum RecordingRows {
    /// - Parameter condition: SQL over `recording` and `card`, with what follows WHERE.
    static func fetch(where condition: String, _ arguments: StatementArguments, _ db: Database) throws -> [RecordingInfo] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT recording.*, card.name, card.serial, import.file AS import_file, import.format, import.holder AS import_holder,
                    import.started_from, import.at AS import_at
                FROM recording JOIN card ON card.id = recording.card LEFT JOIN import ON import.recording = recording.id WHERE \(condition)
                """)
        return try Row.fetchAll(statement, arguments: arguments).map { try info($0, db) }
    }

    static func one(_ id: RecordingID, _ db: Database) throws -> RecordingInfo? {
        try fetch(where: "recording.id = ?", [id.description], db).first
    }

    static func require(_ id: RecordingID, _ db: Database) throws -> RecordingInfo {
        guard let info = try one(id, db) else {
            throw LedgerError(.notFound, "There is no recording \(id).", fix: "`earshot recordings` lists them.")
        }
        return info
    }

    private static func info(_ row: Row, _ db: Database) throws -> RecordingInfo {
        let id: RecordingID = try row.identifier("id")
        let card: CardID = try row.identifier("card")
        let number: UInt32 = try row.unsigned("number")
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        let generation = Generation(serial: serial, number: try row.unsigned("generation"))
        let started = try row.optionalTime("started")
        let name: String = try row.value("name")
        let others = try String.fetchAll(
            db.cachedStatement(sql: "SELECT id FROM recording WHERE card = ? AND generation = ? AND number = ? AND id <> ? ORDER BY variant"),
            arguments: [card.description, Int64(generation.number), Int64(number), id.description])
        let state: RecordingState = try row.choice("state")
        let origin = try origin(row)
        return RecordingInfo(
            id: id, key: generation.recordingKey(number), ref: "\(name)/\(number)", card: card, cardName: name,
            origin: origin, holder: try origin == nil ? Ledger.holder(of: card, at: started, db) : Ledger.holder(row.optional("import_holder"), db),
            generation: generation, number: number,
            isCurrent: try row.value("current"), others: others.compactMap { RecordingID($0) }, state: state, cause: try row.optional("cause"),
            kind: RecordingKind(number: try row.unsigned("kind")), startedRaw: try row.cardTime(), started: started,
            clock: try row.choice("clock"), durationMilliseconds: try row.unsigned("duration"), marks: try row.unsigned("marks"),
            flags: ListedFlags(rawValue: try row.unsigned("flags")),
            size: try (row.optional("size") as Int64?).map { UInt64(clamping: $0) } ?? row.unsigned("listed_size"),
            durable: try row.unsigned("durable"), proven: try row.unsigned("proven"), sha256: try row.digest("sha256"),
            storedAt: try row.optionalTime("stored_at"), provenAt: try row.optionalTime("proven_at"),
            deliveredAt: try row.optionalTime("delivered_at"), releaseAnswer: try row.optional("release_answer"),
            annotations: try String.fetchAll(
                db.cachedStatement(sql: "SELECT DISTINCT name FROM annotation WHERE recording = ? ORDER BY name"), arguments: [id.description]),
            artifacts: try String.fetchAll(
                db.cachedStatement(sql: "SELECT name FROM artifact WHERE recording = ? AND kept = 1 ORDER BY name"), arguments: [id.description]),
            changed: try row.value("changed"))
    }

    private static func origin(_ row: Row) throws -> ImportInfo? {
        guard try row.optional("import_file") as String? != nil else { return nil }
        return ImportInfo(
            file: ForeignText(try row.value("import_file") as String, limit: Limits.importName), format: try row.choice("format"),
            startedFrom: try (row.optional("started_from") as String?).flatMap(StartSource.init), at: try row.time("import_at"))
    }
}
