internal import GRDB
internal import Recordings

/// The one database: what is known, held, owed and proven.
///
/// An actor on the blocking thread. Every method that writes is one transaction, durable when it returns (`synchronous = FULL`),
/// and throws `LedgerError` with nothing written. Methods run to their end when the calling task is cancelled; only the waits of
/// `claim` and `events` end then.
package actor Ledger {
    nonisolated package let identity: GatewayIdentity
    /// Wakes who waits for a change.
    nonisolated package let signals = ChangeSignals()
    nonisolated package let environment: LedgerEnvironment
    private(set) var routing: Routing
    /// Changes that are told in files by now, to be forgotten with the next commit.
    var copied: Set<CopyMark> = []
    private let database: DatabaseQueue
    private let executor: any SerialExecutor

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(identity: GatewayIdentity, environment: LedgerEnvironment, routing: Routing, database: DatabaseQueue, executor: any SerialExecutor) {
        self.identity = identity
        self.environment = environment
        self.routing = routing
        self.database = database
        self.executor = executor
    }

    /// Opens the database, makes it if there is none and brings its tables up to date.
    ///
    /// Before the tables of an older version are changed, that ledger is kept beside this one (`ledger-version-N.sqlite`).
    ///
    /// Leases and back-offs of an earlier start of the machine are settled here: a lease ended with it, a back-off waits once more.
    ///
    /// - Parameter path: in a folder that exists; SQLite keeps `-wal` and `-shm` beside it.
    /// - Parameter name: the gateway's name in events, from the configuration.
    /// - Parameter executor: the blocking thread.
    /// - Throws: `newer_database` when a newer version of Earshot wrote it; nothing is changed then, and the newest backup that this program can
    ///   read is named. `SystemError` when a backup cannot be kept; nothing is changed then either.
    package static func open(
        at path: String, name: String, routing: Routing, environment: LedgerEnvironment, executor: any SerialExecutor
    ) async throws -> Ledger {
        let opened = try await Opener(executor: executor).open(at: path, environment: environment)
        return Ledger(
            identity: GatewayIdentity(id: opened.id, name: name), environment: environment, routing: routing, database: opened.database,
            executor: executor)
    }

    /// What happens from now on is routed so; jobs that are there stay.
    package func route(by routing: Routing) { self.routing = routing }

    /// The version of the tables that this program makes.
    package static let schemaVersion = Schema.steps.count

    /// Closes the database; every later call throws.
    package func close() throws {
        // What stays noted is only copied once more.
        if !copied.isEmpty { _ = try? write { _ in } }
        try Self.translating { try database.close() }
    }

    /// `PRAGMA synchronous` as the connection that writes has it: 2 is FULL.
    package func synchronousLevel() throws -> Int {
        try read { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// One transaction; topics that it touched are signalled once it is durable.
    ///
    /// - Parameter time: what it counts as; nil: now.
    func write<R>(at time: UTCTime? = nil, _ body: (Transaction) throws -> R) throws -> R {
        let now = time ?? environment.wall.now()
        let copied = copied
        let (result, topics) = try Self.translating {
            try database.write { db in
                let transaction = Transaction(db, at: now, environment: environment, routing: routing)
                let result = try body(transaction)
                try Self.forget(copied, transaction)
                return (result, transaction.topics)
            }
        }
        self.copied.subtract(copied)
        signals.changed(topics.union([.changes]))
        return result
    }

    /// As `write`, and everything is taken back: what it would have been.
    func takingBack<R>(at time: UTCTime, _ body: (Transaction) throws -> R) throws -> R {
        try Self.translating {
            try database.writeWithoutTransaction { db in
                var result: Result<R, any Error>?
                try db.inTransaction(.immediate) {
                    result = Result { try body(Transaction(db, at: time, environment: environment, routing: routing)) }
                    return .rollback
                }
                guard let result else { throw Row.damaged("transaction") }
                return try result.get()
            }
        }
    }

    func read<R>(_ body: (Database) throws -> R) throws -> R {
        try Self.translating { try database.read(body) }
    }

    /// Gives SQLite's errors a text with a remedy.
    static func translating<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as DatabaseError {
            let fix =
                error.resultCode == .SQLITE_FULL
                ? "The disk is full: make room on the volume of the ledger; Earshot goes on by itself."
                : "Look at the disk and the rights of the ledger's folder; `earshot doctor` checks both."
            throw LedgerError(.storage, "The ledger could not be read or written.", fix: fix, cause: error.description)
        }
    }
}
