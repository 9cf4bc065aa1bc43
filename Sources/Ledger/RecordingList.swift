internal import GRDB
package import Recordings

/// Finding recordings.
extension Ledger {
    /// In the order in which they became known here; only copies that are the recording.
    ///
    /// - Parameter cursor: `next` of the page before.
    /// - Parameter limit: 1 to 500.
    package func recordings(_ filter: RecordingFilter = RecordingFilter(), limit: Int = 100, after cursor: String? = nil) throws
        -> Page<RecordingInfo>
    {
        let limit = min(max(limit, 1), 500)
        var conditions = ["recording.current = 1"]
        var arguments = StatementArguments()
        func require(_ sql: String, _ values: StatementArguments) {
            conditions.append(sql)
            arguments += values
        }
        if let cursor {
            guard let id = RecordingID(cursor) else {
                throw LedgerError(.invalid, "That is no cursor of this list.", fix: "Hand back `next` as it came.")
            }
            require("recording.id > ?", [id.description])
        }
        if let card = filter.card { require("recording.card = ?", [card.description]) }
        if let holder = filter.holder {
            require(
                "(import.holder = ? OR \(Carrying.carried("recording.card", by: "?", at: "recording.started")))",
                [holder.description, holder.description])
        }
        if let since = filter.since { require("coalesce(recording.started, recording.first_seen) >= ?", [since.milliseconds]) }
        if let until = filter.until { require("coalesce(recording.started, recording.first_seen) < ?", [until.milliseconds]) }
        if !filter.kinds.isEmpty {
            let kinds = filter.kinds.map { Int64($0.number) }
            require("recording.kind IN (\(Self.marks(kinds.count)))", StatementArguments(kinds))
        }
        if !filter.states.isEmpty {
            let states = filter.states.map(\.rawValue).sorted()
            require("recording.state IN (\(Self.marks(states.count)))", StatementArguments(states))
        }
        let sql = conditions.joined(separator: " AND ") + " ORDER BY recording.id LIMIT \(limit + 1)"
        let found = try read { db in try RecordingRows.fetch(where: sql, arguments, db) }
        let items = Array(found.prefix(limit))
        return Page(items: items, next: found.count > limit ? items.last?.id.description : nil)
    }

    /// - Throws: `not_found`.
    package func recording(_ id: RecordingID) throws -> RecordingInfo {
        try read { db in try RecordingRows.require(id, db) }
    }

    /// By id, unique beginning of an id, `anna/214` (card's name and number, newest generation) or natural key.
    ///
    /// - Throws: `not_found`, `ambiguous`, `invalid`.
    package func recording(named name: String) throws -> RecordingInfo {
        try read { db in
            guard let found = try Self.recording(named: name, db) else { throw Self.noRecording(name) }
            return found
        }
    }

    static func recording(named name: String, _ db: Database) throws -> RecordingInfo? {
        if name.hasPrefix(RecordingIDKind.prefix) {
            let found = try RecordingRows.fetch(
                where: "substr(recording.id, 1, length(?1)) = ?1 ORDER BY recording.id LIMIT 6",
                [name.uppercasedDigits(after: RecordingIDKind.prefix)], db)
            return try only(found, of: name) { $0.id.description }
        }
        guard let (place, arguments) = numberPlace(name) else {
            throw LedgerError(
                .invalid, "\(JSONScalar.quoted(String(name.prefix(64)))) names no recording.",
                fix: "Write CARD/NUMBER as anna/214, an id, or SERIAL/GENERATION/rNUMBER.")
        }
        return try RecordingRows.fetch(where: "\(place) AND current = 1 ORDER BY recording.first_seen DESC LIMIT 1", arguments, db).first
    }

    /// What a reference or natural key means, as SQL over `card` and anything with `generation` and `number`.
    private static func numberPlace(_ name: String) -> (sql: String, arguments: StatementArguments)? {
        guard let reference = NumberReference(name) else { return nil }
        guard let generation = reference.generation else {
            return ("card.name = ? AND number = ?", [reference.card, Int64(reference.number)])
        }
        return ("card.serial = ? AND recording.generation = ? AND number = ?", [reference.card, Int64(generation), Int64(reference.number)])
    }

    static func noRecording(_ name: String) -> LedgerError {
        LedgerError(
            .notFound, "There is no recording \(JSONScalar.quoted(String(name.prefix(64)))).", fix: "`earshot recordings` lists them.")
    }

    static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
}
