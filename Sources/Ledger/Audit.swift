internal import GRDB
internal import Recordings

/// The proof that nothing is missing.
extension Ledger {
    /// Every number that the cards gave out in the scope: held, delivered, or the reason why not.
    ///
    /// What has no known time counts in each scope that it may belong to; it happened before it became known here and behind the last known
    /// start below its number.
    ///
    /// - Parameter limit: of exceptions, 1 to 500; the counts are those of all.
    /// - Throws: `not_found`.
    package func audit(_ scope: AuditScope = AuditScope(), limit: Int = 500) throws -> AuditReport {
        try read { db in
            if let card = scope.card { try Self.requireSource(card, db) }
            let storages = try AuditedStorage.all(scope, db)
            let parts = try storages.map { try $0.part(db) }
            let shown = zip(storages, parts).filter { storage, part in
                part.started + part.events > 0 || storage.isNewest && !storage.isForgotten && storage.isCarried
            }.map(\.1).enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
            let exceptional = zip(storages, parts).filter { $1.waiting + $1.explained + $1.unexplained > 0 }.map(\.0)
            let exceptions = try AuditExceptions(exceptional).page(behind: nil, limit: min(max(limit, 1), 500), db)
            return AuditReport(scope: scope, cards: shown, exceptions: exceptions.items, next: exceptions.next)
        }
    }

    /// The exceptions of an audit, page by page.
    ///
    /// - Parameter cursor: `next` of the report or of the page before.
    /// - Parameter limit: 1 to 500.
    /// - Throws: `not_found`; `invalid` for what is no cursor.
    package func exceptions(_ scope: AuditScope, limit: Int = 100, after cursor: String? = nil) throws -> Page<AuditReport.Exception> {
        let position = try cursor.map { text in
            guard let position = AuditPosition(text) else { throw Self.noCursor }
            return position
        }
        return try read { db in
            if let card = scope.card { try Self.requireSource(card, db) }
            return try AuditExceptions(try AuditedStorage.all(scope, db)).page(behind: position, limit: min(max(limit, 1), 500), db)
        }
    }

    static var noCursor: LedgerError { LedgerError(.invalid, "That is no cursor of this list.", fix: "Hand back `next` as it came.") }
}
