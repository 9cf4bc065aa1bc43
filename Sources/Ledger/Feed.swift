internal import GRDB
package import Recordings

/// The feed.
extension Ledger {
    /// Events behind `sequence` in order. Without any it waits up to `wait` for one, and ends at once when the task is cancelled.
    ///
    /// - Parameter limit: 1 to 500.
    package func events(after sequence: Int64, _ filter: EventFilter = EventFilter(), limit: Int = 100, waitingUpTo wait: Duration = .zero)
        async throws -> EventPage
    {
        let limit = min(max(limit, 1), 500)
        let deadline = environment.bootNow + max(0, wait.wholeMilliseconds)
        var from = sequence
        while true {
            let mark = signals.mark(.events)
            let page = try read { db in try Self.page(after: from, filter, limit, db) }
            let left = deadline - environment.bootNow
            guard page.items.isEmpty, left > 0 else { return page }
            from = page.last
            try await pause(since: mark, atMost: .milliseconds(left))
        }
    }

    /// - Throws: `not_found`.
    package func event(_ id: EventID) throws -> EventInfo {
        try read { db in
            guard let event = try Self.event(id, db) else {
                throw LedgerError(.notFound, "There is no event \(id).", fix: "`earshot events` lists them.")
            }
            return event
        }
    }

    /// Waits for a change of the mark's topics, at most so long.
    func pause(since mark: ChangeMark, atMost limit: Duration) async throws {
        let (signals, sleep) = (signals, environment.sleep)
        try await withThrowingTaskGroup { group in
            group.addTask { await signals.wait(since: mark) }
            group.addTask { try await sleep(limit) }
            try await group.next()
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    static func event(_ id: EventID, _ db: Database) throws -> EventInfo? {
        try events(where: "event.id = ?", [id.description], db).first
    }

    private static func page(after sequence: Int64, _ filter: EventFilter, _ limit: Int, _ db: Database) throws -> EventPage {
        var conditions = ["event.sequence > ?"]
        var arguments: StatementArguments = [sequence]
        if !filter.types.isEmpty {
            let each = filter.types.map { $0.hasSuffix("*") ? "substr(event.type, 1, length(?)) = ?" : "event.type = ?" }
            conditions.append("(" + each.joined(separator: " OR ") + ")")
            for type in filter.types {
                arguments += type.hasSuffix("*") ? [String(type.dropLast()), String(type.dropLast())] : [type]
            }
        }
        if let card = filter.card {
            conditions.append("event.card = ?")
            arguments += [card.description]
        }
        if let holder = filter.holder {
            conditions.append(
                """
                (\(Carrying.carried("event.card", by: "?", at: "coalesce(event.time, event.received)"))
                    OR EXISTS (SELECT 1 FROM import WHERE import.recording = event.recording AND import.holder = ?))
                """)
            arguments += [holder.description, holder.description]
        }
        let newest = try Int64.fetchOne(db, sql: "SELECT coalesce(max(sequence), 0) FROM event") ?? 0
        let items = try events(
            where: conditions.joined(separator: " AND ") + " ORDER BY event.sequence LIMIT \(limit)", arguments, db)
        return EventPage(items: items, last: items.count == limit ? items.last?.sequence ?? newest : max(newest, sequence))
    }

    private static func events(where condition: String, _ arguments: StatementArguments, _ db: Database) throws -> [EventInfo] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT event.*, card.name, import.holder AS import_holder FROM event LEFT JOIN card ON card.id = event.card
                LEFT JOIN import ON import.recording = event.recording WHERE \(condition)
                """, arguments: arguments
        ).map { row in
            let card: CardID? = try row.optionalIdentifier("card")
            let time = try row.optionalTime("time")
            let received = try row.time("received")
            let number: Int64? = try row.optional("number")
            return EventInfo(
                sequence: try row.value("sequence"), id: try row.identifier("id"), type: try row.value("type"), key: try row.optional("key"),
                number: number.map { UInt32(clamping: $0) }, card: card, cardName: try row.optional("name"),
                holder: try holder(row.optional("import_holder"), db) ?? card.flatMap { try holder(of: $0, at: time ?? received, db) },
                recording: try row.optionalIdentifier("recording"),
                raw: try row.cardTime(), time: time, clock: try row.choice("clock"), received: received,
                data: JSONText(try row.value("data") as String))
        }
    }
}
