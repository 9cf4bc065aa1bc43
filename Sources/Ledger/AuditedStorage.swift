internal import GRDB
internal import Recordings

/// One life of one card's storage under audit.
struct AuditedStorage {
    let scope: AuditScope
    let card: CardID
    let name: String
    let generation: Generation
    let seen: UTCTime?
    /// Whether the card is still in this life.
    let isNewest: Bool
    let isForgotten: Bool
    /// Whether the scope's holder carried the card in the scope's time.
    let isCarried: Bool
    /// The highest event number that the card said it gave out.
    let lastEvent: Int64
    /// Up to which event its log was read to the end.
    let logRead: Int64
    /// Up to which another gateway acknowledged events.
    let foreign: Int64

    private init(_ row: Row, _ scope: AuditScope) throws {
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        self.scope = scope
        card = try row.identifier("card")
        name = try row.value("name")
        generation = Generation(serial: serial, number: try row.unsigned("number"))
        seen = try row.optionalTime("seen_at")
        isNewest = try row.optional("newest") == (try row.value("number") as Int64)
        isForgotten = try row.optionalTime("forgotten_at") != nil
        isCarried = try row.value("carried")
        lastEvent = try row.value("last_event")
        logRead = try row.value("log_read")
        foreign = try row.value("foreign_acknowledged")
    }

    /// In the order of pairing, each card's storages oldest first.
    static func all(_ scope: AuditScope, _ db: Database) throws -> [AuditedStorage] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT generation.*, card.name, card.serial, card.seen_at, card.forgotten_at, card.generation AS newest,
                    (:holder IS NULL OR EXISTS (SELECT 1 FROM carry WHERE carry.card = card.id AND carry.holder = :holder
                        AND (:until IS NULL OR carry.from_time < :until)
                        AND (:since IS NULL OR carry.to_time IS NULL OR carry.to_time > :since))) AS carried
                FROM generation JOIN card ON card.id = generation.card
                WHERE :card IS NULL OR generation.card = :card ORDER BY generation.card, generation.first_seen, generation.number
                """,
            arguments: StatementArguments(scope.arguments)
        ).map { try AuditedStorage($0, scope) }
    }

    /// The scope's arguments, those of this storage, and more.
    func arguments(_ more: [String: (any DatabaseValueConvertible)?] = [:]) -> StatementArguments {
        StatementArguments(
            scope.arguments.merging(["card": card.description, "generation": Int64(generation.number)]) { $1 }.merging(more) { $1 })
    }

    func part(_ db: Database) throws -> AuditReport.CardPart {
        var kinds: [AuditFinding.Kind: Int] = [:]
        func add(_ count: Int, _ kind: AuditFinding.Kind?) { if let kind { kinds[kind, default: 0] += count } }
        var (started, held, delivered, undated) = (0, 0, 0, 0)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT state, count(*) AS rows, count(stored_at) AS stored, count(delivered_at) AS delivered, count(started) AS dated FROM recording
                WHERE card = :card AND generation = :generation AND current = 1 AND \(scope.isLimited ? AuditSpan.recording : "1") GROUP BY state
                """,
            arguments: arguments())
        for row in rows {
            let state: RecordingState = try row.choice("state")
            let (count, arrived): (Int, Int) = (try row.value("rows"), try row.value("delivered"))
            started += count
            held += state == .missing ? 0 : try row.value("stored")
            delivered += arrived
            undated += count - (try row.value("dated") as Int)
            add(arrived, AuditFinding(state: state, isDelivered: true)?.kind)
            add(count - arrived, AuditFinding(state: state, isDelivered: false)?.kind)
        }
        for (kind, count) in try absentNumbers(db) {
            started += count
            undated += count
            add(count, kind)
        }
        let events = try AuditedEvents(self, db)
        let eventsHeld = try events.held(db)
        let missing = try events.stretches.map { ($0.kind, try events.missing($0, db)) }
        for (kind, count) in missing { add(count, kind) }
        func sum(_ kind: AuditFinding.Kind) -> Int { kinds[kind] ?? 0 }
        return AuditReport.CardPart(
            card: card, name: name, generation: generation, seen: seen, started: started, held: held, delivered: delivered, undated: undated,
            events: missing.reduce(eventsHeld) { $0 + $1.1 }, eventsHeld: eventsHeld,
            waiting: sum(.waiting), explained: sum(.explained), unexplained: sum(.unexplained))
    }

    private func absentNumbers(_ db: Database) throws -> [(AuditFinding.Kind, Int)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT state = 'vanished' AS vanished, sum(last - first + 1) AS numbers FROM absence
                WHERE card = :card AND generation = :generation AND \(scope.isLimited ? AuditSpan.absence : "1") GROUP BY vanished
                """,
            arguments: arguments()
        ).map { (try $0.value("vanished") ? .unexplained : .explained, try $0.value("numbers")) }
    }
}
