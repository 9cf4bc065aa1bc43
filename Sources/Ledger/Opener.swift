internal import EventLoop
internal import GRDB
internal import Recordings

/// Opens the database on the blocking thread, before there is a `Ledger`.
actor Opener {
    private let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(executor: any SerialExecutor) { self.executor = executor }

    func open(at path: String, environment: LedgerEnvironment) throws -> (database: DatabaseQueue, id: GatewayID) {
        try Ledger.translating {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(5)
            configuration.label = "earshot.ledger"
            // For its owner alone, as the recordings are; SQLite would follow the umask, and makes its other files like this one. When
            // this fails for another reason than that the file is there, SQLite meets that reason, too.
            _ = try? DurableFile.open(path: path, .createNew)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            // GRDB sets NORMAL together with WAL, behind every hook of its configuration: FULL has to come after it.
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try Schema.migrate(db, backup: LedgerBackup(ledger: path))
            }
            let id = try database.write { db in try Self.settle(db, environment) }
            return (database, id)
        }
    }

    /// A new database for `LedgerRestorer`, with a table beside it for what was read. Nothing is durable until it has its final name.
    func make(at path: String) throws -> DatabaseQueue {
        try Ledger.translating {
            var configuration = Configuration()
            // Rows come in any order; the restorer looks for parents itself.
            configuration.foreignKeysEnabled = false
            configuration.label = "earshot.rebuild"
            let staged = path + "-staged"
            for file in [path, staged] { _ = try? DurableFile.open(path: file, .createNew) }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try database.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = OFF")
                try Schema.migrate(db)
                try db.execute(sql: "ATTACH ? AS staging", arguments: [staged])
                try db.execute(
                    sql: """
                        CREATE TABLE staging.staged (
                            name TEXT NOT NULL,
                            key TEXT NOT NULL,
                            origin INTEGER NOT NULL,
                            revision INTEGER NOT NULL,
                            rows TEXT NOT NULL,
                            PRIMARY KEY (name, key, origin)
                        ) STRICT, WITHOUT ROWID
                        """)
            }
            return database
        }
    }

    /// Draws the gateway's id in a new database; ends what counted in another start of the machine.
    private static func settle(_ db: Database, _ environment: LedgerEnvironment) throws -> GatewayID {
        let now = environment.wall.now()
        let boot = environment.boot.bootID
        guard let row = try Row.fetchOne(db, sql: "SELECT id, boot FROM gateway") else {
            let id: GatewayID = environment.newID(at: now)
            try db.execute(
                sql: "INSERT INTO gateway (only_row, id, created_at, boot) VALUES (1, ?, ?, ?)",
                arguments: [id.description, now.milliseconds, boot])
            return id
        }
        let id: GatewayID = try row.identifier("id")
        guard try row.value("boot") as String != boot else { return id }
        let bootNow = environment.bootNow
        try db.execute(sql: "UPDATE gateway SET boot = ?", arguments: [boot])
        try db.execute(sql: "UPDATE job SET lease_end = 0 WHERE state = 'leased'")
        try db.execute(sql: "UPDATE job SET not_before = ? + delay WHERE state IN ('ready', 'held') AND delay > 0", arguments: [bootNow])
        try db.execute(sql: "UPDATE recording SET retry_at = 0 WHERE retry_at > 0")
        try db.execute(sql: "UPDATE card SET day_started = ?", arguments: [bootNow])
        try db.execute(sql: "UPDATE screen SET expires = 0 WHERE state = 'waiting'")
        return id
    }
}
