internal import Bytes
internal import GRDB
internal import Recordings

/// Who listened, paired and changed: a log that only grows.
extension Ledger {
    /// On whose behalf this task works, for the log: `uid:1000`, `queue:decode`. nil: earshotd's own.
    @TaskLocal package static var caller: String?

    /// A player asks for a recording piece by piece: that is one access for so long.
    private static let one: Int64 = 5 * 60_000

    /// Notes an access by `Ledger.caller`. The same again within five minutes is the same one.
    ///
    /// - Parameter subject: an id; empty for the box itself.
    package func noteAccess(_ what: String, of subject: String, _ detail: String = "") throws {
        let who = Self.caller ?? "earshotd"
        let isNoted = try read { db in
            let at = environment.wall.now().milliseconds
            return try Bool.fetchOne(
                db, sql: "SELECT 1 FROM audit_log WHERE who = ? AND what = ? AND subject = ? AND at > ? AND at <= ? AND detail = ? LIMIT 1",
                arguments: [who, what, subject, at - Self.one, at, detail]) ?? false
        }
        guard !isNoted else { return }
        try write { try $0.log(what, subject, detail) }
    }

    /// The newest first.
    ///
    /// - Parameter cursor: `next` of the page before.
    /// - Parameter limit: 1 to 500.
    /// - Throws: `invalid` for what is no cursor.
    package func accesses(_ filter: AccessFilter = AccessFilter(), limit: Int = 100, before cursor: String? = nil) throws -> Page<AccessInfo> {
        let limit = min(max(limit, 1), 500)
        let before = try cursor.map { text in
            guard let sequence = Int64(text), sequence > 0 else {
                throw LedgerError(.invalid, "This is no cursor.", fix: "Hand back `next` of the page before.")
            }
            return sequence
        }
        var conditions = ["sequence < ?"]
        var arguments: StatementArguments = [before ?? .max]
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        require("at >= ?", filter.since?.milliseconds)
        require("at < ?", filter.until?.milliseconds)
        require("subject = ?", filter.subject)
        if let card = filter.card?.description {
            conditions.append("(subject = ? OR subject IN (SELECT id FROM recording WHERE card = ?))")
            arguments += [card, card]
        }
        require("who = ?", filter.who)
        if let what = filter.what, what.hasSuffix("*") {
            require("instr(what, ?) = 1", String(what.dropLast()))
        } else {
            require("what = ?", filter.what)
        }
        let found = try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM audit_log WHERE \(conditions.joined(separator: " AND ")) ORDER BY sequence DESC LIMIT \(limit + 1)",
                arguments: arguments
            ).map { row in
                AccessInfo(
                    sequence: try row.value("sequence"), at: try row.time("at"), who: try row.value("who"), what: try row.value("what"),
                    subject: try row.value("subject"), detail: try row.foreign("detail"))
            }
        }
        return Page(items: Array(found.prefix(limit)), next: found.count > limit ? String(found[limit - 1].sequence) : nil)
    }
}
