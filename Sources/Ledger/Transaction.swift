internal import GRDB
internal import Recordings

/// One write to the ledger: the connection, the time it counts as, and who is to be told once it is durable.
final class Transaction {
    let db: Database
    let now: UTCTime
    let bootNow: Int64
    let routing: Routing
    private let environment: LedgerEnvironment
    private(set) var topics: Set<Topic> = []

    init(_ db: Database, at now: UTCTime, environment: LedgerEnvironment, routing: Routing) {
        self.db = db
        self.now = now
        self.environment = environment
        self.routing = routing
        bootNow = environment.bootNow
    }

    func touch(_ topic: Topic) { topics.insert(topic) }

    func newID<Kind: IdentifierKind>() -> Identifier<Kind> { environment.newID(at: now) }

    func random() -> UInt64 { environment.random() }

    func execute(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
        try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
        try Row.fetchAll(try db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// The recording has something new to show.
    func markChanged(_ recording: RecordingID) throws {
        try execute("UPDATE recording SET changed = 1 + (SELECT max(changed) FROM recording) WHERE id = ?", [recording.description])
        touch(.recordings)
    }

    /// Notes a step of a recording for `why`.
    func step(_ recording: RecordingID, _ what: String, _ detail: String) throws {
        try execute(
            "INSERT INTO step (recording, at, what, detail) VALUES (?, ?, ?, ?)", [recording.description, now.milliseconds, what, detail])
    }

    /// Notes who did what.
    func log(_ what: String, _ subject: String, _ detail: String) throws {
        try execute(
            "INSERT INTO audit_log (at, who, what, subject, detail) VALUES (?, ?, ?, ?, ?)",
            [now.milliseconds, Ledger.caller ?? "earshotd", what, subject, detail])
    }

    /// An event of the gateway's own.
    @discardableResult
    func emit(_ type: String, card: CardID? = nil, recording: RecordingID? = nil, _ data: [(String, JSONScalar?)] = []) throws -> EventID {
        let id: EventID = newID()
        try execute(
            """
            INSERT INTO event (id, type, card, recording, time, clock, received, data) VALUES (?, ?, ?, ?, ?, 'set', ?, ?)
            """,
            [
                id.description, type, card?.description, recording?.description, now.milliseconds, now.milliseconds,
                JSONText(data).description,
            ])
        touch(.events)
        return id
    }
}
