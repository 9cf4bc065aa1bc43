internal import GRDB
package import Recordings

/// Who carries which card, from when to when.
extension Ledger {
    /// - Throws: `conflict` when the handle is taken.
    package func addHolder(handle: String, name: String, groups: [String]) throws -> HolderInfo {
        try Self.check(name: handle, of: "holder's id")
        try Self.check(name: name, of: "holder's name")
        return try write { transaction in
            guard try transaction.row("SELECT 1 FROM holder WHERE handle = ?", [handle]) == nil else {
                throw LedgerError(.conflict, "There is a holder \(handle) already.", fix: "Use that one, or another id.")
            }
            let id: HolderID = transaction.newID()
            let list = "[" + groups.map(JSONScalar.quoted).joined(separator: ",") + "]"
            try transaction.execute(
                "INSERT INTO holder (id, handle, name, groups) VALUES (?, ?, ?, ?)", [id.description, handle, name, list])
            try transaction.log("holder.added", id.description, handle)
            transaction.touch(.cards)
            return HolderInfo(id: id, handle: handle, name: name, groups: groups)
        }
    }

    /// All, by handle.
    package func holders() throws -> [HolderInfo] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT id, handle, name, groups FROM holder ORDER BY handle").map { try Self.holder($0, db) }
        }
    }

    /// Name and groups of a holder from now on; adds it when there is none of that handle.
    ///
    /// - Returns: the holder, and whether anything changed.
    package func putHolder(handle: String, name: String, groups: [String]) throws -> (holder: HolderInfo, changed: Bool) {
        guard let old = try holders().first(where: { $0.handle == handle }) else {
            return (try addHolder(handle: handle, name: name, groups: groups), true)
        }
        try Self.check(name: name, of: "holder's name")
        guard old.name != name || old.groups != groups else { return (old, false) }
        return try write { transaction in
            let list = "[" + groups.map(JSONScalar.quoted).joined(separator: ",") + "]"
            try transaction.execute("UPDATE holder SET name = ?, groups = ? WHERE id = ?", [name, list, old.id.description])
            try transaction.log("holder.changed", old.id.description, handle)
            transaction.touch(.cards)
            return (HolderInfo(id: old.id, handle: handle, name: name, groups: groups), true)
        }
    }

    /// From `time` on the card is carried by this holder, or by nobody (nil), until it next changed hands, if it did since. So a time that has passed
    /// corrects what was said of it: recordings and events of that span belong to this holder from now on, and are seen anew as changed.
    ///
    /// Said again it changes nothing.
    package func assign(_ card: CardID, to holder: HolderID?, from time: UTCTime) throws {
        try write { transaction in
            let from = time.milliseconds
            _ = try Self.requireCard(card, transaction.db)
            let handle = try holder.map { try Self.handle(of: $0, transaction) }
            let current = try transaction.row(
                "SELECT holder, from_time, to_time FROM carry WHERE card = ?1 AND from_time <= ?2 AND (to_time IS NULL OR to_time > ?2)",
                [card.description, from])
            guard try current?.value("holder") as String? != holder?.description else { return }
            let next = try Int64.fetchOne(
                transaction.db, sql: "SELECT min(from_time) FROM carry WHERE card = ? AND from_time > ?", arguments: [card.description, from])
            let until = [try current?.optional("to_time") as Int64?, next].compactMap(\.self).min()
            try transaction.execute("DELETE FROM carry WHERE card = ? AND from_time = ?", [card.description, from])
            if let start: Int64 = try current?.value("from_time"), start < from {
                try transaction.execute("UPDATE carry SET to_time = ? WHERE card = ? AND from_time = ?", [from, card.description, start])
            }
            if let holder {
                try transaction.execute(
                    "INSERT INTO carry (card, holder, from_time, to_time) VALUES (?, ?, ?, ?)",
                    [card.description, holder.description, from, until])
            }
            for row in try transaction.rows(
                "SELECT id FROM recording WHERE card = ?1 AND started >= ?2 AND (?3 IS NULL OR started < ?3)", [card.description, from, until])
            {
                try transaction.markChanged(try row.identifier("id"))
            }
            let ends = until.map { " until \(UTCTime(milliseconds: $0))" } ?? ""
            try transaction.log("card.assigned", card.description, "\(handle ?? "nobody") from \(time)\(ends)")
            try transaction.emit(
                "card.assigned", card: card,
                [
                    ("to", handle.map { .string($0) } ?? .null), ("from", .string(time.description)),
                    ("until", until.map { .string(UTCTime(milliseconds: $0).description) } ?? .null),
                ])
            transaction.touch(.cards)
        }
    }

    private static func handle(of holder: HolderID, _ transaction: Transaction) throws -> String {
        guard let row = try transaction.row("SELECT handle FROM holder WHERE id = ?", [holder.description]) else {
            throw LedgerError(.notFound, "There is no holder \(holder).", fix: "List them with `earshot holders`.")
        }
        return try row.value("handle")
    }

    /// Who carried the card at that time.
    static func holder(of card: CardID, at time: UTCTime?, _ db: Database) throws -> HolderInfo? {
        guard let time else { return nil }
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT holder.* FROM carry JOIN holder ON holder.id = carry.holder
                    WHERE card = ? AND from_time <= ? AND (to_time IS NULL OR to_time > ?)
                    """),
            arguments: [card.description, time.milliseconds, time.milliseconds])
        return try row.map { try holder($0, db) }
    }

    /// - Parameter id: as text; nil or unknown: nobody.
    static func holder(_ id: String?, _ db: Database) throws -> HolderInfo? {
        guard let id, let row = try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM holder WHERE id = ?"), arguments: [id]) else { return nil }
        return try holder(row, db)
    }

    private static func holder(_ row: Row, _ db: Database) throws -> HolderInfo {
        let groups = try String.fetchAll(db, sql: "SELECT value FROM json_each(?)", arguments: [try row.value("groups") as String])
        return HolderInfo(id: try row.identifier("id"), handle: try row.value("handle"), name: try row.value("name"), groups: groups)
    }

    /// Names that people give: 1 to 64 characters, none of them a slash or a control character.
    static func check(name: String, of what: String) throws {
        let bad = name.unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
            default: $0 == "/" || $0 == "\\"
            }
        }
        guard (1...64).contains(name.count), name.utf8.count <= 256, !bad, name.first != " ", name.last != " " else {
            throw LedgerError(
                .invalid, "That is no \(what).", fix: "Use 1 to 64 characters without slashes, control characters or blanks at the ends.")
        }
    }
}
