internal import GRDB
package import Recordings

/// Where a recording is and why.
extension Ledger {
    /// What is known of `anna/214`, an id or a natural key; also of numbers that never were here.
    ///
    /// - Throws: `not_found`, `ambiguous`, `invalid`.
    package func why(_ name: String) throws -> WhyAnswer {
        let bootNow = environment.bootNow
        return try read { db in
            if let recording = try Self.recording(named: name, db) {
                return .recording(try Self.facts(recording, bootNow: bootNow, db))
            }
            guard let reference = NumberReference(name), let absent = try Self.absent(reference, db) else { throw Self.noRecording(name) }
            return .absent(absent)
        }
    }

    /// What happened to a recording, oldest first.
    package func history(of recording: RecordingID) throws -> [WhyFacts.Step] { try read { try Self.history(of: recording, $0) } }

    /// What hinders the whole gateway now.
    package func conditions() throws -> [Condition] { try read(Self.conditions) }

    /// Something hinders the whole gateway (nil: not any more). Stands in the feed as `health.NAME` and `health.NAME_ok`, each once.
    package func setCondition(_ name: String, _ detail: String?) throws {
        let known = try conditions().first { $0.name == name }
        guard known?.detail != detail else { return }
        try write { transaction in
            guard let detail else {
                try transaction.execute("DELETE FROM condition WHERE name = ?", [name])
                try transaction.emit("health.\(name)_ok")
                return
            }
            try transaction.execute(
                "INSERT INTO condition (name, detail, since) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET detail = excluded.detail",
                [name, detail, transaction.now.milliseconds])
            if known == nil { try transaction.emit("health.\(name)", [("detail", .string(detail))]) }
        }
    }

    /// The counts behind `status`.
    package func status() throws -> StatusFacts {
        try read { db in
            let states = try Row.fetchAll(db, sql: "SELECT state, count(*) AS count FROM recording WHERE current = 1 GROUP BY state")
            return StatusFacts(
                gateway: identity,
                cards: try Int.fetchOne(db, sql: "SELECT count(*) FROM card WHERE forgotten_at IS NULL AND method <> 'import'") ?? 0,
                recordings: Dictionary(
                    try states.map { (try $0.choice("state") as RecordingState, try $0.value("count") as Int) },
                    uniquingKeysWith: { first, _ in first }),
                queues: try Self.queues(db), conditions: try Self.conditions(db),
                lastEvent: try Int64.fetchOne(db, sql: "SELECT coalesce(max(sequence), 0) FROM event") ?? 0,
                deliveries: try Int.fetchOne(db, sql: "SELECT count(*) FROM delivery") ?? 0)
        }
    }

    private static func facts(_ recording: RecordingInfo, bootNow: Int64, _ db: Database) throws -> WhyFacts {
        WhyFacts(
            recording: recording, history: try history(of: recording.id, db),
            jobs: try JobRows.fetch(
                where: "recording = ? ORDER BY sequence LIMIT 500", [recording.id.description], bootNow: bootNow, db),
            deliveries: try deliveries(of: recording.id, db), conditions: try conditions(db))
    }

    private static func history(of recording: RecordingID, _ db: Database) throws -> [WhyFacts.Step] {
        try Row.fetchAll(
            db, sql: "SELECT at, what, detail FROM step WHERE recording = ? ORDER BY sequence", arguments: [recording.description]
        ).map { WhyFacts.Step(at: try $0.time("at"), what: try $0.value("what"), detail: try $0.value("detail")) }
    }

    private static func conditions(_ db: Database) throws -> [Condition] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM condition ORDER BY name")).map {
            Condition(name: try $0.value("name"), detail: try $0.value("detail"), since: try $0.time("since"))
        }
    }

    private static func absent(_ reference: NumberReference, _ db: Database) throws -> AbsentNumbers? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT absence.*, card.serial FROM absence JOIN card ON card.id = absence.card
                WHERE CASE WHEN ?2 IS NULL THEN card.name = ?1 AND absence.generation = card.generation
                      ELSE card.serial = ?1 AND absence.generation = ?2 END
                    AND first <= ?3 AND last >= ?3
                """,
            arguments: [reference.card, reference.generation.map { Int64($0) }, Int64(reference.number)]
        ).map(absence)
    }

    static func absence(_ row: Row) throws -> AbsentNumbers {
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        return AbsentNumbers(
            generation: Generation(serial: serial, number: try row.unsigned("generation")), first: try row.unsigned("first"),
            last: try row.unsigned("last"), state: try row.choice("state"), cause: try row.value("cause"), since: try row.time("since"))
    }
}
