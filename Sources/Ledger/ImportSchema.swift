internal import GRDB

/// A step of the schema: recordings that came as files.
enum ImportSchema {
    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                -- What is told of a recording that no card brought. Its digest is what it is known by: the same bytes are the same recording.
                -- Its row of `recording` belongs to a row of `card` that no bond has (`method` = 'import').
                CREATE TABLE import (
                    recording TEXT NOT NULL PRIMARY KEY REFERENCES recording,
                    sha256 TEXT NOT NULL UNIQUE,
                    file TEXT NOT NULL,
                    format TEXT NOT NULL,
                    holder TEXT REFERENCES holder,
                    started_from TEXT,
                    at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX recording_digest ON recording (sha256) WHERE sha256 IS NOT NULL;
                """)
    }
}
