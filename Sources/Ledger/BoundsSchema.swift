internal import GRDB

/// A step of the schema: what one card can make this ledger do has an end.
enum BoundsSchema {
    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                -- Numbers and events that became rows in the running day.
                ALTER TABLE card ADD COLUMN day_numbers INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE card ADD COLUMN day_events INTEGER NOT NULL DEFAULT 0;

                -- What a clock setting mends, so that it looks at nothing else.
                CREATE INDEX recording_boot ON recording (card, generation, raw_boot) WHERE raw_is_utc = 0 AND clock <> 'mended';
                DROP INDEX event_boot;
                CREATE INDEX event_boot ON event (card, generation, raw_boot) WHERE raw_is_utc = 0 AND clock <> 'mended';

                -- Each range is copied by itself: all of a card's in one line would have no bound.
                DELETE FROM uncopied WHERE source = 'absence';
                INSERT INTO uncopied (source, key, revision)
                    SELECT 'absence', card || '/' || generation || '/' || first, revision.number FROM absence, revision;
                """)
    }
}
