internal import GRDB
package import Recordings

/// The proof that nothing is missing.
extension Ledger {
    /// Every number that the cards gave out in a span of time: held, delivered, or the reason why not.
    ///
    /// A recording whose start is not known counts from when it became known here; events count whatever their time.
    ///
    /// - Throws: `not_found`.
    package func audit(since: UTCTime? = nil, until: UTCTime? = nil, card: CardID? = nil, holder: HolderID? = nil) throws -> AuditReport {
        try read { db in
            if let card { _ = try Self.requireCard(card, db) }
            let generations = try Row.fetchAll(
                db,
                sql: """
                    SELECT generation.*, card.name, card.serial FROM generation JOIN card ON card.id = generation.card
                    WHERE ?1 IS NULL OR generation.card = ?1 ORDER BY card.name, generation.first_seen, generation.number
                    """,
                arguments: [card?.description])
            var cards: [AuditReport.CardPart] = []
            var exceptions: [AuditReport.Exception] = []
            for row in generations {
                let scope = try AuditScope(row, since: since, until: until, holder: holder)
                let part = try Self.part(scope, &exceptions, db)
                if part.started > 0 || part.events > 0 { cards.append(part) }
            }
            return AuditReport(since: since, until: until, cards: cards, exceptions: exceptions)
        }
    }

    private static func part(_ scope: AuditScope, _ exceptions: inout [AuditReport.Exception], _ db: Database) throws -> AuditReport.CardPart {
        var (started, held, delivered) = (0, 0, 0)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id, number, state, cause, sha256, delivered_at FROM recording
                WHERE card = ?1 AND generation = ?2 AND current = 1
                    AND (?3 IS NULL OR coalesce(started, first_seen) >= ?3) AND (?4 IS NULL OR coalesce(started, first_seen) < ?4)
                    AND (?5 IS NULL OR EXISTS (SELECT 1 FROM carry WHERE carry.card = recording.card AND carry.holder = ?5
                        AND carry.from_time <= started AND (carry.to_time IS NULL OR carry.to_time > started)))
                ORDER BY number
                """,
            arguments: [
                scope.card.description, scope.number, scope.since?.milliseconds, scope.until?.milliseconds, scope.holder?.description,
            ])
        for row in rows {
            started += 1
            let state: RecordingState = try row.choice("state")
            let isHeld = try row.digest("sha256") != nil && state != .missing
            let isDelivered = try row.optionalTime("delivered_at") != nil
            if isHeld { held += 1 }
            if isDelivered { delivered += 1 }
            guard let finding = AuditFinding(state: state, isDelivered: isDelivered) else { continue }
            exceptions.append(
                AuditReport.Exception(
                    card: scope.card, what: "\(scope.name)/\(try row.value("number") as Int64)", recording: try row.identifier("id"),
                    kind: finding.kind, cause: try row.optional("cause") ?? finding.cause, count: 1))
        }
        // Numbers without any time belong to every span; to no holder, since nobody can tell who carried the card.
        if scope.holder == nil {
            started += try absences(scope, &exceptions, db)
        }
        let events = try Self.events(scope, &exceptions, db)
        return AuditReport.CardPart(
            card: scope.card, name: scope.name, generation: scope.generation, started: started, held: held, delivered: delivered,
            events: events.all, eventsHeld: events.held)
    }

    private static func absences(_ scope: AuditScope, _ exceptions: inout [AuditReport.Exception], _ db: Database) throws -> Int {
        var count = 0
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT absence.*, card.serial FROM absence JOIN card ON card.id = absence.card
                WHERE absence.card = ? AND absence.generation = ? ORDER BY first
                """,
            arguments: [scope.card.description, scope.number])
        for row in rows {
            let absent = try absence(row)
            let numbers = absent.first == absent.last ? "\(absent.first)" : "\(absent.first)-\(absent.last)"
            count += Int(absent.last - absent.first) + 1
            exceptions.append(
                AuditReport.Exception(
                    card: scope.card, what: "\(scope.name)/\(numbers)", recording: nil,
                    kind: absent.state == .vanished ? .unexplained : .explained, cause: absent.cause,
                    count: Int(absent.last - absent.first) + 1))
        }
        return count
    }

    /// Gaps in the numbers of the events that are held, and those that the card has beyond them.
    private static func events(_ scope: AuditScope, _ exceptions: inout [AuditReport.Exception], _ db: Database) throws -> (all: Int, held: Int) {
        let held =
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM event WHERE card = ? AND generation = ? AND number IS NOT NULL",
                arguments: [scope.card.description, scope.number]) ?? 0
        let gaps = try Row.fetchAll(
            db,
            sql: """
                SELECT before + 1 AS first, number - 1 AS last FROM (
                    SELECT number, lag(number, 1, 0) OVER (ORDER BY number) AS before
                    FROM (SELECT number FROM event WHERE card = ?1 AND generation = ?2 AND number IS NOT NULL
                        UNION SELECT max(?3, coalesce(max(number), 0)) + 1 FROM event WHERE card = ?1 AND generation = ?2)
                ) WHERE number - before > 1 ORDER BY first
                """,
            arguments: [scope.card.description, scope.number, scope.lastEvent])
        let highest =
            try Int64.fetchOne(
                db, sql: "SELECT coalesce(max(number), 0) FROM event WHERE card = ? AND generation = ?",
                arguments: [scope.card.description, scope.number]) ?? 0
        for gap in gaps {
            let (first, last): (Int64, Int64) = (try gap.value("first"), try gap.value("last"))
            for (range, kind, cause) in scope.explain(first...last, highestHeld: highest) {
                exceptions.append(
                    AuditReport.Exception(
                        card: scope.card,
                        what: "\(scope.name) event\(range.count == 1 ? " \(first)" : "s \(range.lowerBound)-\(range.upperBound)")",
                        recording: nil, kind: kind, cause: cause, count: range.count))
            }
        }
        return (Int(max(scope.lastEvent, highest)), held)
    }
}
