internal import GRDB
package import Recordings

extension Ledger {
    /// Takes in the card's whole list and decides what to do about each number, lowest first.
    ///
    /// - Parameter released: what the card still holds and may forget.
    package func plan(_ life: CardLife, listed: [ListedRecording], released: [ListedRecording], policy: ReleasePolicy) throws -> CustodyPlan {
        try write { transaction in
            var planner = Planner(
                life: life, policy: policy, transaction: transaction, rows: try CustodyRow.current(life, transaction),
                today: try CardDay(.numbers, of: life.card, transaction))
            for entry in listed { try planner.take(entry) }
            for entry in released { try planner.takeReleased(entry) }
            try planner.today.end()
            try planner.takeUnlisted()
            try Self.noteAbsences(life, transaction)
            return CustodyPlan(steps: planner.steps.sorted { $0.number < $1.number }, offers: planner.offers)
        }
    }

    /// Numbers below the highest that no list and no event ever showed.
    private static func noteAbsences(_ life: CardLife, _ transaction: Transaction) throws {
        let gaps = try transaction.rows(
            """
            SELECT before + 1 AS first, number - 1 AS last FROM (
                SELECT number, lag(number, 1, 0) OVER (ORDER BY number) AS before FROM recording
                WHERE card = ? AND generation = ? AND current = 1
            ) WHERE number - before > 1
            """, life.arguments)
        let other = try isServedByAnother(life, transaction)
        let known = try transaction.rows(
            "SELECT first, last, since, state, cause FROM absence WHERE card = ? AND generation = ? ORDER BY first", life.arguments
        ).map {
            AbsentRange(
                first: try $0.value("first"), last: try $0.value("last"), state: try $0.choice("state"), cause: try $0.value("cause"),
                since: try $0.value("since"))
        }
        let found = try gaps.map { gap in
            let (first, last): (Int64, Int64) = (try gap.value("first"), try gap.value("last"))
            return AbsentRange(
                first: first, last: last, state: other ? .releasedElsewhere : .vanished,
                cause: other
                    ? "Never listed here; another gateway serves this card and took it before."
                    : "Never listed here, and no other gateway is known to serve this card.",
                since: known.first { $0.first <= last && $0.last >= first }?.since ?? transaction.now.milliseconds)
        }
        guard found != known else { return }
        // In the order of the numbers: each change gets a revision, and one seed is one history in every process.
        let (before, now) = (Set(known), Set(found))
        for range in known where !now.contains(range) {
            try transaction.execute("DELETE FROM absence WHERE card = ? AND generation = ? AND first = ?", life.arguments + [range.first])
        }
        for range in found where !before.contains(range) {
            try transaction.execute(
                "INSERT INTO absence (card, generation, first, last, state, cause, since) VALUES (?, ?, ?, ?, ?, ?, ?)",
                life.arguments + [range.first, range.last, range.state.rawValue, range.cause, range.since])
        }
    }

    private struct AbsentRange: Hashable {
        let first: Int64
        let last: Int64
        let state: RecordingState
        let cause: String
        let since: Int64
    }

    /// Whether another gateway acknowledged events or released recordings in this generation.
    static func isServedByAnother(_ life: CardLife, _ transaction: Transaction) throws -> Bool {
        try transaction.row(
            "SELECT 1 FROM generation WHERE card = ? AND number = ? AND (foreign_acknowledged > 0 OR foreign_released > 0)", life.arguments) != nil
    }
}

extension CustodyStep {
    var number: UInt32 {
        switch self {
        case .pull(let entry): entry.number
        case .release(let number, _, _): number
        }
    }
}
