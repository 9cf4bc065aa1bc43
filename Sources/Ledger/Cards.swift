internal import Bytes
internal import GRDB
package import Recordings

/// Cards and their bonds.
extension Ledger {
    /// A card that was just paired. One that was forgotten and is paired again keeps its id and its recordings.
    ///
    /// - Parameter generation: what the card said of its storage: from now on, formatting it is a loss that can be named. nil: it did not say.
    /// - Throws: `conflict` when the serial is paired under another bond, or the name is taken; `invalid` for a name that cannot be one.
    package func enroll(serial: CardSerial, name: String, device: DeviceFacts, bond: Bond, generation: UInt32? = nil) throws -> CardInfo {
        try Self.check(name: name, of: "name for a card")
        return try write { transaction in
            let old = try transaction.row("SELECT id, forgotten_at FROM card WHERE serial = ?", [serial.description])
            if let old, try old.optionalTime("forgotten_at") == nil {
                throw LedgerError(
                    .conflict, "A card with serial number \(serial) is paired already.", fix: "Forget that card first if this is the same one.")
            }
            try Self.requireFreeName(name, transaction.db)
            let id: CardID = try old?.identifier("id") ?? transaction.newID()
            try transaction.execute(
                """
                INSERT INTO card (id, name, serial, manufacturer, model, hardware, firmware, adapter, peer, peer_kind, method, paired_at, day_started)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, manufacturer = excluded.manufacturer, model = excluded.model,
                    hardware = excluded.hardware, firmware = excluded.firmware, adapter = excluded.adapter, peer = excluded.peer,
                    peer_kind = excluded.peer_kind, method = excluded.method, paired_at = excluded.paired_at, forgotten_at = NULL,
                    foreign_bond_at = NULL
                """,
                [
                    id.description, name, serial.description, device.manufacturer.raw, device.model.raw, device.hardware.raw,
                    device.firmware.raw, bond.adapter, bond.peer, bond.peerKind, bond.method.rawValue, transaction.now.milliseconds,
                    transaction.bootNow,
                ])
            if let generation {
                try Self.enter(CardLife(card: id, generation: Generation(serial: serial, number: generation)), transaction)
            }
            try transaction.log("card.paired", id.description, "\(serial) by \(bond.method.rawValue) on \(bond.adapter) with \(bond.peer)")
            try transaction.emit("card.paired", card: id, [("serial", .string(serial.description)), ("method", .string(bond.method.rawValue))])
            transaction.touch(.cards)
            return try Self.requireCard(id, transaction.db)
        }
    }

    /// All cards by name, those forgotten only when asked for.
    package func cards(withForgotten: Bool = false) throws -> [CardInfo] {
        try read { db in try Self.cards(where: withForgotten ? "1" : "forgotten_at IS NULL", [], db) }
    }

    /// The card of that id, unique beginning of an id, name or serial number. A paired card's name comes before a forgotten one's: what that one left is
    /// still looked up by it.
    ///
    /// - Throws: `not_found`, `ambiguous`.
    package func card(named name: String) throws -> CardInfo {
        try read { db in
            let exact = try Self.cards(where: "(name = ? AND forgotten_at IS NULL) OR serial = ? OR id = ?", [name, name, name], db)
            if let card = exact.first(where: { $0.name == name && $0.forgottenAt == nil }) ?? exact.first { return card }
            let forgotten = try Self.cards(where: "name = ? AND forgotten_at IS NOT NULL", [name], db)
            if let card = try Self.only(forgotten, of: name, { $0.id.description }) { return card }
            guard name.hasPrefix(CardKind.prefix) else { throw Self.noCard(name) }
            return try Self.only(
                Self.cards(where: "substr(id, 1, length(?1)) = ?1", [name.uppercasedDigits(after: CardKind.prefix)], db), of: name
            ) { $0.id.description } ?? { throw Self.noCard(name) }()
        }
    }

    /// The card of that bond; nil: a stranger's.
    package func card(adapter: String, peer: String) throws -> CardInfo? {
        try read { db in try Self.cards(where: "adapter = ? AND peer = ? AND forgotten_at IS NULL", [adapter, peer], db).first }
    }

    /// - Throws: `not_found`, `conflict` when the name is taken, `invalid`.
    package func rename(_ card: CardID, to name: String) throws -> CardInfo {
        try Self.check(name: name, of: "name for a card")
        return try write { transaction in
            let old = try Self.requireCard(card, transaction.db)
            guard old.name != name else { return old }
            try Self.requireFreeName(name, transaction.db)
            try transaction.execute("UPDATE card SET name = ? WHERE id = ?", [name, card.description])
            try transaction.log("card.renamed", card.description, "\(old.name) to \(name)")
            transaction.touch(.cards)
            return try Self.requireCard(card, transaction.db)
        }
    }

    /// The bond is gone or is to go; recordings and history stay. Said twice it does no harm.
    package func forget(_ card: CardID) throws {
        try write { transaction in
            guard try Self.requireCard(card, transaction.db).forgottenAt == nil else { return }
            try transaction.execute("UPDATE card SET forgotten_at = ? WHERE id = ?", [transaction.now.milliseconds, card.description])
            try transaction.log("card.forgotten", card.description, "")
            try transaction.emit("card.forgotten", card: card)
            transaction.touch(.cards)
        }
    }

    /// Another program made the bond of a paired card anew: from now on, and until the card is forgotten and paired again, it is not used. Said twice it
    /// does no harm.
    package func noteForeignBond(of card: CardID) throws {
        try write { transaction in
            let info = try Self.requireCard(card, transaction.db)
            guard let bond = info.bond, info.foreignBondAt == nil else { return }
            try transaction.execute("UPDATE card SET foreign_bond_at = ? WHERE id = ?", [transaction.now.milliseconds, card.description])
            try transaction.log("card.bond_foreign", card.description, "made anew by another program on \(bond.adapter) with \(bond.peer)")
            try transaction.emit("card.bond_foreign", card: card)
            transaction.touch(.cards)
        }
    }

    /// A session reads Device Information anew: firmware changes.
    package func describe(_ card: CardID, _ device: DeviceFacts) throws {
        try write { transaction in
            try transaction.execute(
                "UPDATE card SET manufacturer = ?, model = ?, hardware = ?, firmware = ? WHERE id = ?",
                [device.manufacturer.raw, device.model.raw, device.hardware.raw, device.firmware.raw, card.description])
        }
    }

    /// The card of that name, or where imported recordings stand.
    ///
    /// - Throws: as `card(named:)`.
    package func source(named name: String) throws -> CardID { try importShelf(named: name) ?? card(named: name).id }

    /// - Throws: `conflict` when a card is called so already; `invalid` for a name that cannot be one.
    package func requireFree(name: String) throws {
        try Self.check(name: name, of: "name for a card")
        try read { db in try Self.requireFreeName(name, db) }
    }

    static func requireCard(_ id: CardID, _ db: Database) throws -> CardInfo {
        guard let card = try cards(where: "card.id = ?", [id.description], db).first else { throw noCard(id.description) }
        return card
    }

    private static func noCard(_ name: String) -> LedgerError {
        LedgerError(.notFound, "There is no card \(JSONScalar.quoted(String(name.prefix(64)))).", fix: "`earshot cards` lists them.")
    }

    private static func requireFreeName(_ name: String, _ db: Database) throws {
        guard try Row.fetchOne(db, sql: "SELECT 1 FROM card WHERE name = ? AND forgotten_at IS NULL", arguments: [name]) == nil else {
            throw LedgerError(.conflict, "A card is called \(name) already.", fix: "Choose another name, or rename that card first.")
        }
    }

    private static func cards(where condition: String, _ arguments: StatementArguments, _ db: Database) throws -> [CardInfo] {
        let now = UTCTime(milliseconds: .max)
        let statement = try db.cachedStatement(
            sql: """
                SELECT *,
                    (SELECT count(*) FROM recording WHERE card = card.id AND current = 1 AND state IN ('listed', 'pulling')) AS waiting,
                    (SELECT count(*) FROM recording WHERE card = card.id AND current = 1 AND sha256 IS NOT NULL AND state <> 'missing') AS held
                FROM card WHERE method <> 'import' AND (\(condition)) ORDER BY name, paired_at
                """)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let id: CardID = try row.identifier("id")
            guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
            let forgotten = try row.optionalTime("forgotten_at")
            return CardInfo(
                id: id, name: try row.value("name"), serial: serial,
                device: DeviceFacts(
                    manufacturer: try row.foreign("manufacturer"), model: try row.foreign("model"), hardware: try row.foreign("hardware"),
                    firmware: try row.foreign("firmware")),
                bond: forgotten == nil
                    ? Bond(
                        adapter: try row.value("adapter"), peer: try row.value("peer"), peerKind: try row.value("peer_kind"),
                        method: try row.choice("method")) : nil,
                foreignBondAt: forgotten == nil ? try row.optionalTime("foreign_bond_at") : nil,
                pairedAt: try row.time("paired_at"), forgottenAt: forgotten, seenAt: try row.optionalTime("seen_at"),
                holder: try holder(of: id, at: now, db), generation: try (row.optional("generation") as Int64?).map { UInt32(clamping: $0) },
                waiting: try row.value("waiting"), held: try row.value("held"))
        }
    }

    /// The one thing that a beginning fits; nil for none.
    static func only<T>(_ found: [T], of name: String, _ text: (T) -> String) throws -> T? {
        guard found.count < 2 else {
            throw LedgerError(
                .ambiguous, "\(name) fits \(found.prefix(5).map(text).joined(separator: ", "))\(found.count > 5 ? " and more" : "").",
                fix: "Write more of the id.")
        }
        return found.first
    }
}

extension String {
    /// Crockford's digits as they are stored.
    func uppercasedDigits(after prefix: String) -> String {
        hasPrefix(prefix) ? prefix + dropFirst(prefix.count).uppercased() : self
    }
}
