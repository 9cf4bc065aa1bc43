internal import Bytes
internal import GRDB
internal import Recordings

/// The proof of each recording.
extension Ledger {
    /// The receipt of `anna/214`, an id, a unique beginning of one, or a natural key.
    ///
    /// - Throws: `not_found`, `ambiguous`, `invalid`.
    package func receipt(of name: String) throws -> Receipt {
        try read { db in
            guard let recording = try Self.recording(named: name, db) else { throw Self.noRecording(name) }
            guard let receipt = try Self.receipts(where: "recording.id = :id", ["id": recording.id.description], db).first else {
                throw Self.noRecording(name)
            }
            return receipt
        }
    }

    /// Receipts of the recordings that an audit of this scope counts, in the order in which they became known.
    ///
    /// - Parameter cursor: `next` of the page before.
    /// - Parameter limit: 1 to 500.
    /// - Throws: `not_found`; `invalid` for what is no cursor.
    package func receipts(_ scope: AuditScope, limit: Int = 100, after cursor: String? = nil) throws -> Page<Receipt> {
        let limit = min(max(limit, 1), 500)
        if let cursor, RecordingID(cursor) == nil { throw Self.noCursor }
        let found = try read { db in
            if let card = scope.card { try Self.requireSource(card, db) }
            // The plus keeps SQLite on the order of the ids, of which a page is a piece.
            return try Self.receipts(
                where: """
                    +recording.current = 1 AND recording.id > coalesce(:after, '') AND (:card IS NULL OR +recording.card = :card)
                        AND \(scope.isLimited ? AuditSpan.recording : "1") ORDER BY recording.id LIMIT :limit
                    """, scope.arguments.merging(["after": cursor, "limit": limit + 1]) { $1 }, db)
        }
        return Page(items: Array(found.prefix(limit)), next: found.count > limit ? found[limit - 1].recording.description : nil)
    }

    private static func receipts(where condition: String, _ arguments: [String: (any DatabaseValueConvertible)?], _ db: Database) throws
        -> [Receipt]
    {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT recording.*, card.name, card.serial, card.forgotten_at FROM recording JOIN card ON card.id = recording.card
                WHERE \(condition)
                """, arguments: StatementArguments(arguments))
        let ids = StatementArguments(try rows.map { try $0.value("id") as String })
        let marks = marks(rows.count)
        let deliveries = Dictionary(
            grouping: try Row.fetchAll(
                db, sql: "SELECT * FROM delivery WHERE recording IN (\(marks)) ORDER BY at, destination", arguments: ids
            ).map(delivery), by: \.recording)
        let givenUp = Dictionary(
            try Row.fetchAll(
                db,
                sql: """
                    SELECT recording, coalesce(reason, '') AS reason FROM job WHERE recording IN (\(marks)) AND +queue = ? AND +state = 'dead'
                    ORDER BY sequence
                    """, arguments: ids + [Routing.deliveries]
            ).map { (try $0.identifier("recording") as RecordingID, try $0.foreign("reason")) }, uniquingKeysWith: { $1 })
        return try rows.map { row in
            let id: RecordingID = try row.identifier("id")
            return try Receipt(row, deliveries: deliveries[id] ?? [], givenUp: givenUp[id])
        }
    }
}

extension Receipt {
    fileprivate init(_ row: Row, deliveries: [DeliveryInfo], givenUp: ForeignText?) throws {
        guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
        let (name, number): (String, UInt32) = (try row.value("name"), try row.unsigned("number"))
        let entry = try CustodyRow(row).entry
        recording = try row.identifier("id")
        key = Generation(serial: serial, number: try row.unsigned("generation")).recordingKey(number)
        ref = "\(name)/\(number)"
        card = try row.identifier("card")
        cardName = name
        state = try row.choice("state")
        started = try row.optionalTime("started")
        // Before a list showed it, only an event told of it.
        listed = try row.cardTime() == nil ? nil : Listed(size: entry.size, digestPrefix: entry.digestPrefix.map(CustodyRow.hex))
        stored = try row.digest("sha256").map { Stored(at: try row.time("stored_at"), size: try row.unsigned("size"), sha256: $0) }
        let proven = try row.optionalTime("proven_at")
        provenAt = proven
        release = try (row.optional("release_answer") as String?).map {
            Release(answer: $0, at: try row.optionalTime("release_answered_at") ?? proven)
        }
        self.deliveries = deliveries
        missing = Self.missing(
            state: state, cause: try row.optional("cause"), isForgotten: try row.optionalTime("forgotten_at") != nil, listed: listed, stored: stored,
            release: release, deliveries: deliveries, givenUp: givenUp)
    }

    private static func missing(
        state: RecordingState, cause: String?, isForgotten: Bool, listed: Listed?, stored: Stored?, release: Release?, deliveries: [DeliveryInfo],
        givenUp: ForeignText?
    ) -> [Missing] {
        var missing: [Missing] = []
        func add(_ kind: AuditFinding.Kind, _ what: String, needsPerson: Bool = false) {
            missing.append(Missing(kind: kind, what: what, needsPerson: needsPerson))
        }
        // Everything but that it is delivered, which has its own piece below.
        if let finding = AuditFinding(state: state, isDelivered: true) {
            let isOpen = finding.kind == .unexplained || state == .disputed || state == .unreadable
            add(finding.kind, cause ?? finding.cause, needsPerson: isOpen)
        }
        guard let stored, state != .missing else { return missing }
        if let prefix = listed?.digestPrefix, !stored.sha256.description.hasPrefix(prefix) {
            add(.explained, "The card lists a SHA-256 that begins with \(prefix); the file has another.")
        }
        if state == .stored, isForgotten {
            add(.waiting, "The card was forgotten here before it confirmed the digest: pair it again.", needsPerson: true)
        } else if state == .stored {
            add(
                .waiting, release.map { "The card answered RELEASE: \($0.answer). It is asked again." } ?? "The card was not asked to release it yet."
            )
        }
        if deliveries.isEmpty, let givenUp {
            add(.waiting, "No destination confirmed it; the delivery was given up: \(givenUp)", needsPerson: true)
        } else if deliveries.isEmpty {
            add(.waiting, "No destination confirmed it yet.")
        }
        return missing
    }
}
