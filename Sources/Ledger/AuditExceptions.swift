internal import Bytes
internal import GRDB
internal import Recordings

/// The exceptions of an audit in their order: kind by kind, storage by storage, recordings, numbers that never were listed, events.
struct AuditExceptions {
    typealias Kind = AuditReport.Exception.Kind
    typealias Found = (exception: AuditReport.Exception, position: AuditPosition)

    let storages: [AuditedStorage]

    init(_ storages: [AuditedStorage]) { self.storages = storages }

    func page(behind start: AuditPosition?, limit: Int, _ db: Database) throws -> Page<AuditReport.Exception> {
        var found: [Found] = []
        var isReached = start == nil
        for kind in Kind.allCases {
            for storage in storages {
                for part in AuditPosition.Part.allCases {
                    var behind: Int64 = 0
                    if !isReached {
                        guard let start, start.isIn(kind, storage, part) else { continue }
                        (isReached, behind) = (true, start.number)
                    }
                    let left = limit + 1 - found.count
                    switch part {
                    case .recordings: found += try recordings(storage, kind, behind, left, db)
                    case .absences: found += try absences(storage, kind, behind, left, db)
                    case .events: found += try events(storage, kind, behind, left, db)
                    }
                    if found.count > limit {
                        return Page(items: found.prefix(limit).map(\.exception), next: found[limit - 1].position.description)
                    }
                }
            }
        }
        guard isReached else { throw Ledger.noCursor }
        return Page(items: found.map(\.exception), next: nil)
    }

    private func recordings(_ storage: AuditedStorage, _ kind: Kind, _ behind: Int64, _ limit: Int, _ db: Database) throws -> [Found] {
        // By state: exceptions are few. Left to itself SQLite goes by number, to save the sorting, and looks at every row.
        let each = AuditFinding.conditions(of: kind).map { condition in
            """
            SELECT id, number, state, cause, delivered_at,
                (SELECT coalesce(reason, '') FROM job WHERE job.recording = recording.id AND job.queue = :deliveries AND job.state = 'dead'
                    ORDER BY sequence DESC LIMIT 1) AS given_up
            FROM recording INDEXED BY recording_audit
            WHERE card = :card AND generation = :generation AND current = 1 AND \(condition) AND number > :behind
                AND \(storage.scope.isLimited ? AuditSpan.recording : "1")
            """
        }
        return try Row.fetchAll(
            db, sql: each.joined(separator: " UNION ALL ") + " ORDER BY number LIMIT :limit",
            arguments: storage.arguments(["behind": behind, "limit": limit, "deliveries": Routing.deliveries])
        ).map { row in
            let number: Int64 = try row.value("number")
            let state: RecordingState = try row.choice("state")
            let isDelivered = try row.optionalTime("delivered_at") != nil
            let finding = AuditFinding(state: state, isDelivered: isDelivered)
            var cause: String? = try row.optional("cause")
            switch state {
            case .listed, .pulling: cause = cause ?? storage.stillThere
            case .stored, .proven:
                cause = try (row.optional("given_up") as String?).map { "Held here; its delivery was given up: \(ForeignText($0))" }
            default: break
            }
            return found(
                storage, kind, .recordings, number, what: "\(storage.name)/\(number)", recording: try row.identifier("id"),
                cause: cause ?? finding?.cause ?? "", count: 1)
        }
    }

    private func absences(_ storage: AuditedStorage, _ kind: Kind, _ behind: Int64, _ limit: Int, _ db: Database) throws -> [Found] {
        guard kind != .waiting else { return [] }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT first, last, cause FROM absence
                WHERE card = :card AND generation = :generation AND (state = 'vanished') = :vanished AND first > :behind
                    AND \(storage.scope.isLimited ? AuditSpan.absence : "1") ORDER BY first LIMIT :limit
                """,
            arguments: storage.arguments(["vanished": kind == .unexplained, "behind": behind, "limit": limit])
        ).map { row in
            let numbers = (try row.value("first") as Int64)...(try row.value("last") as Int64)
            return found(
                storage, kind, .absences, numbers.lowerBound, what: "\(storage.name)/\(numbers.text)", cause: try row.value("cause"),
                count: numbers.count)
        }
    }

    private func events(_ storage: AuditedStorage, _ kind: Kind, _ behind: Int64, _ limit: Int, _ db: Database) throws -> [Found] {
        let events = try AuditedEvents(storage, db)
        var all: [Found] = []
        for stretch in events.stretches where stretch.kind == kind && all.count < limit {
            all += try events.gaps(stretch, behind: behind, limit: limit - all.count, db).map { gap in
                found(
                    storage, kind, .events, gap.lowerBound, what: "\(storage.name) event\(gap.count == 1 ? "" : "s") \(gap.text)",
                    cause: stretch.cause, count: gap.count)
            }
        }
        return all
    }

    private func found(
        _ storage: AuditedStorage, _ kind: Kind, _ part: AuditPosition.Part, _ number: Int64, what: String, recording: RecordingID? = nil,
        cause: String, count: Int
    ) -> Found {
        (
            AuditReport.Exception(
                card: storage.card, generation: storage.generation, what: what, recording: recording, kind: kind, cause: cause, count: count),
            AuditPosition(kind: kind, card: storage.card, generation: storage.generation.number, part: part, number: number)
        )
    }
}

extension AuditedStorage {
    /// Why it does not come by itself what is still on the card; nil: it does.
    var stillThere: String? { isForgotten ? "Still on the card, which was forgotten here: pair it again." : nil }
}

extension ClosedRange<Int64> {
    fileprivate var text: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }
}
