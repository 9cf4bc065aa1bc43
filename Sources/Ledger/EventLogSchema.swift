internal import GRDB

/// A step of the schema: up to which event number a card's log was read to its end. What is not held up to there is not on the card either.
enum EventLogSchema {
    static func make(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE generation ADD COLUMN log_read INTEGER NOT NULL DEFAULT 0")
    }
}
