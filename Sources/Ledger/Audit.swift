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

/// One generation of one card under audit.
private struct AuditScope {
    let card: CardID
    let name: String
    let generation: Generation
    let since: UTCTime?
    let until: UTCTime?
    let holder: HolderID?
    /// The highest event number that the card said it gave out.
    let lastEvent: Int64
    /// Up to which another gateway acknowledged events.
    let foreign: Int64

    var number: Int64 { Int64(generation.number) }

    init(_ row: Row, since: UTCTime?, until: UTCTime?, holder: HolderID?) throws {
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        card = try row.identifier("card")
        name = try row.value("name")
        generation = Generation(serial: serial, number: try row.unsigned("number"))
        lastEvent = try row.value("last_event")
        foreign = try row.value("foreign_acknowledged")
        (self.since, self.until, self.holder) = (since, until, holder)
    }

    /// Splits a gap by what is known of it.
    func explain(_ gap: ClosedRange<Int64>, highestHeld: Int64) -> [(ClosedRange<Int64>, AuditReport.Exception.Kind, String)] {
        var parts: [(ClosedRange<Int64>, AuditReport.Exception.Kind, String)] = []
        if gap.lowerBound <= foreign {
            parts.append((gap.lowerBound...min(gap.upperBound, foreign), .explained, "Acknowledged by another gateway, which holds them."))
        }
        let rest = max(gap.lowerBound, foreign + 1)
        if rest <= gap.upperBound {
            parts.append(
                rest > highestHeld
                    ? (rest...gap.upperBound, .waiting, "Still on the card.")
                    : (rest...gap.upperBound, .unexplained, "The card gave out these numbers and had no such events any more."))
        }
        return parts
    }
}

/// What a recording's state means to the audit; nil: held and delivered.
private struct AuditFinding {
    let kind: AuditReport.Exception.Kind
    let cause: String

    init?(state: RecordingState, isDelivered: Bool) {
        switch state {
        case .listed: (kind, cause) = (.waiting, "Still on the card; nothing of it was pulled yet.")
        case .pulling: (kind, cause) = (.waiting, "On its way from the card.")
        case .stored, .proven:
            if isDelivered { return nil }
            (kind, cause) = (.waiting, "Held here and not delivered yet.")
        case .contested: (kind, cause) = (.waiting, "The card did not accept its digest; a second copy is being pulled.")
        case .disputed: (kind, cause) = (.explained, "Two whole pulls agree with each other and not with the card; a person must look.")
        case .unreadable: (kind, cause) = (.explained, "Every pull differed from the others; the card keeps it.")
        case .deletedOnCard: (kind, cause) = (.explained, "Its user deleted it on the card.")
        case .lostOnCard: (kind, cause) = (.explained, "The card lost it to a storage fault.")
        case .releasedElsewhere: (kind, cause) = (.explained, "Another gateway released it and holds it.")
        case .missing: (kind, cause) = (.unexplained, "The ledger says stored and the file is gone.")
        case .vanished: (kind, cause) = (.unexplained, "The card does not list it any more and nothing says why.")
        }
    }
}
