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

    /// From `time` on the card is carried by this holder, or by nobody (nil). Who carried it before did so until then.
    ///
    /// - Throws: `conflict` when a later carry is already known.
    package func assign(_ card: CardID, to holder: HolderID?, from time: UTCTime) throws {
        try write { transaction in
            let info = try Self.requireCard(card, transaction.db)
            let later = try transaction.row(
                "SELECT 1 FROM carry WHERE card = ? AND (from_time > ? OR to_time > ?)",
                [card.description, time.milliseconds, time.milliseconds])
            guard later == nil else {
                throw LedgerError(
                    .conflict, "\(info.name) changed hands after \(time).", fix: "Give a time behind its last change of hands.")
            }
            try transaction.execute(
                "DELETE FROM carry WHERE card = ? AND from_time = ?", [card.description, time.milliseconds])
            try transaction.execute(
                "UPDATE carry SET to_time = ? WHERE card = ? AND to_time IS NULL", [time.milliseconds, card.description])
            if let holder {
                guard try transaction.row("SELECT 1 FROM holder WHERE id = ?", [holder.description]) != nil else {
                    throw LedgerError(.notFound, "There is no holder \(holder).", fix: "List them with `earshot cards`.")
                }
                try transaction.execute(
                    "INSERT INTO carry (card, holder, from_time) VALUES (?, ?, ?)",
                    [card.description, holder.description, time.milliseconds])
            }
            try transaction.log("card.assigned", card.description, holder?.description ?? "nobody")
            try transaction.emit("card.assigned", card: card, [("holder", holder.map { .string($0.description) } ?? .null)])
            transaction.touch(.cards)
        }
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
