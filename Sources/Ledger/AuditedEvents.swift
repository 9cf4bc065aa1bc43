internal import GRDB
internal import Recordings

/// The event numbers of one storage: which are held, and what is known of the others.
struct AuditedEvents {
    /// Numbers that, where they are not held, have the same reason.
    struct Stretch {
        let kind: AuditFinding.Kind
        /// The number below the first.
        let from: Int64
        let to: Int64
        let cause: String
    }

    let storage: AuditedStorage
    /// None of them is empty.
    let stretches: [Stretch]

    init(_ storage: AuditedStorage, _ db: Database) throws {
        self.storage = storage
        let highest =
            try Int64.fetchOne(
                db, sql: "SELECT coalesce(max(number), 0) FROM event WHERE card = :card AND generation = :generation AND number IS NOT NULL",
                arguments: storage.arguments()) ?? 0
        // The card drops the oldest when its log is full, and may lose all of it: who has read the log knows without waiting for the next event.
        let read = max(highest, storage.logRead)
        let known = max(read, storage.foreign)
        stretches = [
            Stretch(kind: .explained, from: 0, to: storage.foreign, cause: "Acknowledged by another gateway, which holds them."),
            Stretch(
                kind: .unexplained, from: storage.foreign, to: read, cause: "The card gave out these numbers and had no such events any more."),
            storage.isNewest
                ? Stretch(kind: .waiting, from: known, to: storage.lastEvent, cause: storage.stillThere ?? "Still on the card.")
                : Stretch(
                    kind: .explained, from: known, to: storage.lastEvent, cause: "The card's storage was formatted before they were read."),
        ].filter { $0.from < $0.to }
    }

    func held(_ db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM event WHERE card = :card AND generation = :generation AND number IS NOT NULL
                    AND \(storage.scope.isLimited ? AuditSpan.event : "1")
                """, arguments: storage.arguments()) ?? 0
    }

    /// How many numbers of the stretch are in the scope and not held.
    func missing(_ stretch: Stretch, _ db: Database) throws -> Int {
        let all = try notHeld(stretch, db)
        guard all > 0, storage.scope.isLimited else { return Int(all) }
        return try Int.fetchOne(db, sql: "SELECT coalesce(sum(last - first + 1), 0) FROM \(Self.gaps)", arguments: arguments(stretch)) ?? 0
    }

    /// Runs of numbers of the stretch that are in the scope and not held, each with its first number.
    func gaps(_ stretch: Stretch, behind number: Int64, limit: Int, _ db: Database) throws -> [ClosedRange<Int64>] {
        let first = max(stretch.from, number)
        // To count is cheap, and nearly every storage has no gap at all.
        guard first < stretch.to, try notHeld(stretch, db) > 0 else { return [] }
        return try Row.fetchAll(
            db, sql: "SELECT first, last FROM \(Self.gaps) AND first > :behind ORDER BY first LIMIT :limit",
            arguments: arguments(stretch, ["behind": number, "limit": limit])
        ).map { (try $0.value("first") as Int64)...(try $0.value("last") as Int64) }
    }

    /// Numbers of the stretch that are not held, in the scope or not.
    private func notHeld(_ stretch: Stretch, _ db: Database) throws -> Int64 {
        let held = try Int64.fetchOne(
            db, sql: "SELECT count(*) FROM event WHERE \(Self.place) AND number > :from AND number <= :to", arguments: arguments(stretch))
        return stretch.to - stretch.from - (held ?? 0)
    }

    private func arguments(_ stretch: Stretch, _ more: [String: (any DatabaseValueConvertible)?] = [:]) -> StatementArguments {
        storage.arguments(["from": stretch.from, "to": stretch.to].merging(more) { $1 })
    }

    private static let place = "card = :card AND generation = :generation"

    /// `FROM`'s table and its condition. A gap lies between the times of the events around it.
    private static let gaps = """
        (SELECT :card AS card, first, last,
            coalesce((SELECT received FROM event WHERE \(place) AND number > last ORDER BY number LIMIT 1), \(Int64.max)) AS latest,
            (SELECT time FROM event WHERE \(place) AND number < first ORDER BY number DESC LIMIT 1) AS before
        FROM (SELECT first, coalesce((SELECT min(number) - 1 FROM event WHERE \(place) AND number > first AND number <= :to), :to) AS last
            FROM (SELECT :from + 1 AS first WHERE NOT EXISTS (SELECT 1 FROM event WHERE \(place) AND number = :from + 1)
                UNION ALL SELECT number + 1 FROM event AS held WHERE \(place) AND number > :from AND number < :to
                    AND NOT EXISTS (SELECT 1 FROM event WHERE \(place) AND number = held.number + 1)))) AS gap
        WHERE \(AuditSpan.contains(earliest: "CASE WHEN before <= latest THEN before END", latest: "latest", card: "gap.card"))
        """
}
