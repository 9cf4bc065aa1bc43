internal import GRDB

/// A step of the schema: the log of accesses says who, and nothing in it can be changed or removed by this program.
enum AccessSchema {
    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE audit_log ADD COLUMN who TEXT NOT NULL DEFAULT 'earshotd';
                CREATE INDEX audit_log_subject ON audit_log (subject, at);
                CREATE INDEX audit_log_same ON audit_log (who, what, subject, at);
                CREATE TRIGGER audit_log_keeps BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
                CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log only grows'); END;
                """)
    }
}
