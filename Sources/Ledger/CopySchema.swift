internal import GRDB

/// A step of the schema: the ledger notes what the files beside it do not tell yet (docs/custody.md, Rebuild).
enum CopySchema {
    /// Its place among the steps; from here on each step makes the triggers anew.
    static let step = 3

    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                -- Counts the changes: of two copies, the one with the higher number is the newer.
                CREATE TABLE revision (
                    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
                    number INTEGER NOT NULL
                ) STRICT;
                INSERT INTO revision (only_row, number) VALUES (1, 0);

                -- Changes that no file beside the ledger tells yet: a table and the key of its rows, or a sidecar.
                CREATE TABLE uncopied (
                    source TEXT NOT NULL,
                    key TEXT NOT NULL,
                    revision INTEGER NOT NULL,
                    PRIMARY KEY (source, key)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX uncopied_revision ON uncopied (revision);
                """)
        try markAll(db)
    }

    /// Everything is copied as if it had changed.
    static func markAll(_ db: Database) throws {
        for table in try ExtractTable.existing(db) where table.name != ExtractTable.step.name {
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO uncopied (source, key, revision)
                    SELECT DISTINCT '\(table.name)', \(table.path(table.name)), 0 FROM \(table.name)
                    """)
        }
        try db.execute(
            sql: "INSERT OR IGNORE INTO uncopied (source, key, revision) SELECT 'sidecar', id, 0 FROM recording WHERE sha256 IS NOT NULL")
    }

    static func renewTriggers(_ db: Database) throws {
        let old = try String.fetchAll(
            db,
            sql:
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND (name LIKE '%\\_uncopied' ESCAPE '\\' OR name LIKE '%\\_sidecar' ESCAPE '\\')"
        )
        for name in old { try db.execute(sql: "DROP TRIGGER \(name)") }
        for table in try ExtractTable.existing(db) where table.name != ExtractTable.step.name {
            try db.execute(sql: table.triggers(columns: try db.columns(in: table.name).map(\.name)))
        }
        try db.execute(sql: ExtractTable.sidecarTriggers)
    }
}
