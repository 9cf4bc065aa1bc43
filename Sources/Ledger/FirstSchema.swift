/// The first three steps of the schema: the tables, and the indices that were missed first.
enum FirstSchema {
    static let tables = """
        CREATE TABLE gateway (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            boot TEXT NOT NULL
        ) STRICT;

        -- A forgotten card keeps its row: paired again, the same serial goes on where it stopped.
        CREATE TABLE card (
            id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            serial TEXT NOT NULL UNIQUE,
            manufacturer TEXT NOT NULL,
            model TEXT NOT NULL,
            hardware TEXT NOT NULL,
            firmware TEXT NOT NULL,
            adapter TEXT NOT NULL,
            peer TEXT NOT NULL,
            peer_kind TEXT NOT NULL,
            method TEXT NOT NULL,
            paired_at INTEGER NOT NULL,
            forgotten_at INTEGER,
            seen_at INTEGER,
            generation INTEGER,
            day_started INTEGER NOT NULL DEFAULT 0,
            day_bytes INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX card_name ON card (name) WHERE forgotten_at IS NULL;
        CREATE UNIQUE INDEX card_peer ON card (adapter, peer) WHERE forgotten_at IS NULL;

        CREATE TABLE holder (
            id TEXT NOT NULL PRIMARY KEY,
            handle TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            groups TEXT NOT NULL CHECK (json_valid(groups))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE carry (
            card TEXT NOT NULL REFERENCES card,
            holder TEXT NOT NULL REFERENCES holder,
            from_time INTEGER NOT NULL,
            to_time INTEGER,
            PRIMARY KEY (card, from_time)
        ) STRICT, WITHOUT ROWID;

        -- What a card said of one life of its storage.
        CREATE TABLE generation (
            card TEXT NOT NULL REFERENCES card,
            number INTEGER NOT NULL,
            first_seen INTEGER NOT NULL,
            last_event INTEGER NOT NULL DEFAULT 0,
            acknowledged INTEGER NOT NULL DEFAULT 0,
            foreign_acknowledged INTEGER NOT NULL DEFAULT 0,
            foreign_released INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (card, number)
        ) STRICT, WITHOUT ROWID;

        -- What a clock setting told of one start of a card.
        CREATE TABLE clock_reading (
            card TEXT NOT NULL,
            generation INTEGER NOT NULL,
            boot INTEGER NOT NULL,
            power_on INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (card, generation, boot)
        ) STRICT, WITHOUT ROWID;

        -- One row for each copy of each number that anything tells of. `current` marks the copy that is the recording.
        CREATE TABLE recording (
            id TEXT NOT NULL PRIMARY KEY,
            card TEXT NOT NULL REFERENCES card,
            generation INTEGER NOT NULL,
            number INTEGER NOT NULL,
            variant INTEGER NOT NULL,
            current INTEGER NOT NULL,
            state TEXT NOT NULL,
            cause TEXT,
            kind INTEGER NOT NULL DEFAULT 0,
            raw INTEGER,
            raw_is_utc INTEGER,
            raw_boot INTEGER,
            started INTEGER,
            clock TEXT NOT NULL DEFAULT 'unknown',
            duration INTEGER NOT NULL DEFAULT 0,
            marks INTEGER NOT NULL DEFAULT 0,
            flags INTEGER NOT NULL DEFAULT 0,
            listed_size INTEGER NOT NULL DEFAULT 0,
            listed_prefix TEXT,
            durable INTEGER NOT NULL DEFAULT 0,
            proven INTEGER NOT NULL DEFAULT 0,
            pulls INTEGER NOT NULL DEFAULT 0,
            retry_at INTEGER NOT NULL DEFAULT 0,
            size INTEGER,
            sha256 TEXT,
            first_seen INTEGER NOT NULL,
            stored_at INTEGER,
            proven_at INTEGER,
            delivered_at INTEGER,
            release_answer TEXT,
            changed INTEGER NOT NULL,
            UNIQUE (card, generation, number, variant)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX recording_current ON recording (card, generation, number) WHERE current = 1;
        CREATE INDEX recording_changed ON recording (changed);
        CREATE INDEX recording_state ON recording (state);

        -- Whole copies whose digest the card did not accept; `pull` tells independent pulls apart.
        CREATE TABLE rejected_pull (
            card TEXT NOT NULL,
            generation INTEGER NOT NULL,
            number INTEGER NOT NULL,
            pull INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX rejected_pull_number ON rejected_pull (card, generation, number);

        -- Numbers below the highest that no list and no event ever showed, as ranges.
        CREATE TABLE absence (
            card TEXT NOT NULL,
            generation INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            state TEXT NOT NULL,
            cause TEXT NOT NULL,
            since INTEGER NOT NULL,
            PRIMARY KEY (card, generation, first)
        ) STRICT, WITHOUT ROWID;

        -- What happened to a recording, for `why`.
        CREATE TABLE step (
            sequence INTEGER PRIMARY KEY,
            recording TEXT NOT NULL,
            at INTEGER NOT NULL,
            what TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        CREATE INDEX step_recording ON step (recording);

        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            card TEXT,
            generation INTEGER,
            number INTEGER,
            key TEXT,
            recording TEXT,
            raw INTEGER,
            raw_is_utc INTEGER,
            raw_boot INTEGER,
            time INTEGER,
            clock TEXT NOT NULL,
            received INTEGER NOT NULL,
            data TEXT NOT NULL CHECK (json_valid(data))
        ) STRICT;
        CREATE UNIQUE INDEX event_number ON event (card, generation, number) WHERE number IS NOT NULL;
        CREATE INDEX event_boot ON event (card, generation, raw_boot) WHERE raw_is_utc = 0;

        CREATE TABLE job (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            key TEXT NOT NULL UNIQUE,
            queue TEXT NOT NULL,
            state TEXT NOT NULL,
            priority INTEGER NOT NULL,
            attempt INTEGER NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL,
            recording TEXT,
            event TEXT,
            subject TEXT NOT NULL,
            data TEXT CHECK (data IS NULL OR json_valid(data)),
            reason TEXT,
            worker TEXT,
            lease TEXT,
            lease_end INTEGER,
            not_before INTEGER NOT NULL DEFAULT 0,
            delay INTEGER NOT NULL DEFAULT 0,
            parent TEXT,
            usage TEXT CHECK (usage IS NULL OR json_valid(usage)),
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX job_queue ON job (queue, state, priority DESC, sequence);
        CREATE INDEX job_subject ON job (queue, subject, sequence) WHERE state IN ('ready', 'leased', 'held');
        CREATE INDEX job_recording ON job (recording);
        CREATE INDEX job_parent ON job (parent) WHERE parent IS NOT NULL;

        CREATE TABLE annotation (
            id TEXT NOT NULL PRIMARY KEY,
            recording TEXT NOT NULL REFERENCES recording,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            value TEXT NOT NULL CHECK (json_valid(value)),
            author TEXT NOT NULL,
            at INTEGER NOT NULL,
            job TEXT,
            UNIQUE (recording, name, version)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX annotation_job ON annotation (job) WHERE job IS NOT NULL;

        -- A file that arrived for a job; `kept` once `done` named it.
        CREATE TABLE artifact (
            file TEXT NOT NULL PRIMARY KEY,
            job TEXT NOT NULL,
            recording TEXT NOT NULL,
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            type TEXT NOT NULL,
            author TEXT NOT NULL,
            at INTEGER NOT NULL,
            kept INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX artifact_kept ON artifact (recording, name) WHERE kept = 1;
        CREATE INDEX artifact_job ON artifact (job);

        CREATE TABLE delivery (
            recording TEXT NOT NULL REFERENCES recording,
            destination TEXT NOT NULL,
            object TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (recording, destination)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE screen (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            card TEXT NOT NULL REFERENCES card,
            text TEXT NOT NULL,
            style TEXT NOT NULL,
            seconds INTEGER NOT NULL,
            state TEXT NOT NULL,
            expires INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            shown_at INTEGER,
            job TEXT
        ) STRICT;
        CREATE INDEX screen_job ON screen (job) WHERE job IS NOT NULL;
        CREATE INDEX screen_waiting ON screen (card, sequence) WHERE state = 'waiting';

        -- What hinders the whole gateway now.
        CREATE TABLE condition (
            name TEXT NOT NULL PRIMARY KEY,
            detail TEXT NOT NULL,
            since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Who changed what: pairings, names, holders.
        CREATE TABLE audit_log (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            what TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
        """

    /// Events under a number that a faulty card gave out twice are found by their key.
    static let eventKey = "CREATE INDEX event_key ON event (key) WHERE number IS NULL AND key IS NOT NULL"

    /// When a card answered RELEASE; and what `audit` reads: all that its counts need, and the nearest start below a number.
    static let audit = """
        ALTER TABLE recording ADD COLUMN release_answered_at INTEGER;
        UPDATE recording SET release_answered_at = proven_at WHERE release_answer IS NOT NULL;
        CREATE INDEX recording_audit ON recording (card, generation, state, delivered_at, stored_at, started, first_seen, number, current)
            WHERE current = 1;
        CREATE INDEX recording_dated ON recording (card, generation, number, started) WHERE current = 1 AND started IS NOT NULL;
        """
}
