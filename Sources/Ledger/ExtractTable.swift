internal import GRDB

/// The tables of which the files beside the ledger hold a copy, parents before children: a restored row finds what it refers to.
///
/// What is not here is not restored: leases, texts for screens, conditions, who changed what (`audit_log`).
struct ExtractTable {
    let name: String
    /// Columns that name one extract; when they are not unique, it is all rows that have them.
    let key: [String]
    /// Columns whose change alone is not worth a copy: they are known again by the next session or the next start.
    let unwatched: [String]
    /// SQL over `NEW`: what else has to be true of a row that is inserted or updated.
    let inserted: String?
    let updated: String?

    private init(_ name: String, by key: [String], unwatched: [String] = [], inserted: String? = nil, updated: String? = nil) {
        (self.name, self.key, self.unwatched, self.inserted, self.updated) = (name, key, unwatched, inserted, updated)
    }

    static let all = [
        ExtractTable("gateway", by: ["only_row"], unwatched: ["boot"]),
        ExtractTable("card", by: ["id"], unwatched: ["seen_at", "day_started", "day_bytes", "day_numbers", "day_events"]),
        ExtractTable("holder", by: ["id"]),
        ExtractTable("carry", by: ["card"]),
        ExtractTable("generation", by: ["card", "number"]),
        ExtractTable("clock_reading", by: ["card", "generation", "boot"], unwatched: ["at"]),
        ExtractTable("recording", by: ["id"], unwatched: ["durable", "proven", "retry_at", "changed"]),
        ExtractTable("import", by: ["recording"]),
        ExtractTable("rejected_pull", by: ["card", "generation", "number"]),
        ExtractTable("absence", by: ["card", "generation", "first"]),
        ExtractTable("event", by: ["sequence"]),
        // A lease ends with the ledger: the job is ready again, as if the lease had run out.
        ExtractTable("job", by: ["id"], unwatched: ["worker", "lease", "lease_end"], updated: "NEW.state <> 'leased'"),
        ExtractTable("annotation", by: ["id"]),
        ExtractTable("artifact", by: ["file"], inserted: "NEW.kept = 1"),
        ExtractTable("delivery", by: ["recording", "destination"]),
        step,
    ]

    /// Goes with its recording: in the sidecar, or in the journal as long as there is none.
    static let step = ExtractTable("step", by: ["recording"])

    /// Tables that cards.json holds.
    static let cards: Set = ["gateway", "card", "holder", "carry"]
    /// What `uncopied` calls the sidecar of a recording.
    static let sidecar = "sidecar"

    /// Those that this version of the tables has: a step of the schema knows nothing of the tables of later ones.
    static func existing(_ db: Database) throws -> [ExtractTable] { try all.filter { try db.tableExists($0.name) } }

    static func named(_ name: String) -> ExtractTable? { all.first { $0.name == name } }

    /// Between the values of a key, as `uncopied` writes them: ids, numbers and names, of which none has a slash.
    static let separator = "/"

    /// The key of a row in SQL, as `uncopied` writes it.
    func path(_ row: String) -> String { key.map { "\(row).\($0)" }.joined(separator: " || '\(Self.separator)' || ") }

    /// Notes in `uncopied` what a statement changed, in its own transaction: no code that writes to the ledger can forget it.
    ///
    /// What a statement cannot set off is not compiled into it, and each condition names every column twice: so there is one trigger for an
    /// update, and none for one of columns that are not watched. A ledger that was made with others keeps them until its next step; they note
    /// the same.
    ///
    /// - Parameter columns: of the table, as this version of the schema has them.
    func triggers(columns: [String]) -> String {
        let watched = columns.filter { !unwatched.contains($0) }
        let differs =
            "(\(watched.map { "OLD.\($0)" }.joined(separator: ", "))) IS NOT (\(watched.map { "NEW.\($0)" }.joined(separator: ", ")))"
        let changed = [updated, differs].compactMap(\.self).joined(separator: " AND ")
        let update = "UPDATE OF \(watched.joined(separator: ", "))"
        return [("INSERT", "INSERT", "NEW", inserted), ("UPDATE", update, "NEW", changed), ("DELETE", "DELETE", "OLD", nil)].map {
            what, event, row, condition in
            var notes = [Self.note(name, "SELECT \(path(row)) AS path")]
            if name == "recording", what == "UPDATE" {
                notes.append(Self.note(Self.sidecar, "SELECT NEW.id AS path WHERE NEW.sha256 IS NOT NULL"))
            }
            return Self.trigger("\(name)_\(what.lowercased())_uncopied", "AFTER \(event) ON \(name)", when: condition, notes)
        }.joined()
    }

    /// What changes a recording's sidecar beside its row: its deliveries and artifacts, and who carried its card.
    static let sidecarTriggers: String = {
        func carried(_ row: String, from time: String) -> String {
            "SELECT id AS path FROM recording WHERE card = \(row).card AND sha256 IS NOT NULL AND started >= \(time)"
        }
        return [
            ("INSERT ON delivery", nil, "SELECT NEW.recording AS path"),
            ("UPDATE ON delivery", nil, "SELECT NEW.recording AS path"),
            ("UPDATE ON artifact", "OLD.kept <> NEW.kept", "SELECT NEW.recording AS path"),
            ("INSERT ON carry", nil, carried("NEW", from: "NEW.from_time")),
            ("UPDATE ON carry", nil, carried("NEW", from: "coalesce(NEW.to_time, NEW.from_time)")),
            ("DELETE ON carry", nil, carried("OLD", from: "OLD.from_time")),
        ].map { event, condition, paths in
            let name = event.lowercased().split(separator: " ").joined(separator: "_") + "_sidecar"
            return trigger(name, "AFTER \(event)", when: condition, [note(sidecar, paths)])
        }.joined()
    }()

    private static func trigger(_ name: String, _ event: String, when condition: String?, _ notes: [String]) -> String {
        """
        CREATE TRIGGER \(name) \(event) \(condition.map { "WHEN \($0) " } ?? "")BEGIN
        \(notes.joined(separator: "\n"))
        END;

        """
    }

    private static func note(_ source: String, _ paths: String) -> String {
        """
            UPDATE revision SET number = number + 1;
            DELETE FROM uncopied WHERE source = '\(source)' AND key IN (SELECT path FROM (\(paths)));
            INSERT INTO uncopied (source, key, revision) SELECT '\(source)', path, number FROM (\(paths)), revision;
        """
    }
}
