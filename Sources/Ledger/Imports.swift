internal import Bytes
internal import GRDB
package import Recordings

/// Recordings that come as files. They stand on a shelf: a row of `card` that no bond and no radio ever has, so that they have numbers and
/// keys like all others.
extension Ledger {
    /// Bytes are about to be kept. The row is made before the file gets its name, so that a start knows what the file is.
    ///
    /// Said again for the same digest it gives the same recording.
    package func beginImport(_ claim: ImportClaim) throws -> ImportVerdict {
        try write { transaction in
            if let held = try transaction.row(
                "SELECT id, state FROM recording WHERE sha256 = ? ORDER BY state = 'missing', current DESC, id LIMIT 1", [claim.sha256.description])
            {
                let id: RecordingID = try held.identifier("id")
                return try held.choice("state") == RecordingState.missing ? .missing(id) : .known(id)
            }
            if let begun = try transaction.row("SELECT recording FROM import WHERE sha256 = ?", [claim.sha256.description]) {
                let id: RecordingID = try begun.identifier("recording")
                try Self.describe(id, claim, transaction)
                return .new(id)
            }
            let shelf = try Self.shelf(transaction)
            let highest = try Int64.fetchOne(
                transaction.db, sql: "SELECT coalesce(max(number), 0) FROM recording WHERE card = ? AND generation = ?", arguments: shelf.arguments)
            guard let number = UInt32(exactly: (highest ?? 0) + 1) else { throw Row.damaged("number") }
            let id = try Self.insertRecording(number, of: shelf, variant: 0, pull: 1, transaction)
            try transaction.execute(
                "INSERT INTO import (recording, sha256, file, format, at) VALUES (?, ?, ?, ?, ?)",
                [id.description, claim.sha256.description, claim.file.raw, claim.format.rawValue, transaction.now.milliseconds])
            try Self.describe(id, claim, transaction)
            let said = claim.started.map { "It started at \($0.time), \($0.source.text)." } ?? "Nothing tells when it began."
            try transaction.step(id, "brought", "\(claim.format.name), \(claim.size) bytes, as \(claim.file). \(said)")
            try transaction.log("recording.imported", id.description, "\(claim.file)")
            return .new(id)
        }
    }

    /// What is held with these bytes; nil: nothing.
    package func recording(with sha256: SHA256Digest) throws -> RecordingInfo? {
        try read { db in
            try RecordingRows.fetch(
                where: "recording.sha256 = ? AND recording.state <> 'missing' ORDER BY recording.current DESC, recording.id LIMIT 1",
                [sha256.description], db
            ).first
        }
    }

    /// Those that an end of the process interrupted.
    package func unfinishedImports() throws -> [UnfinishedImport] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT import.recording, import.sha256, recording.listed_size FROM import JOIN recording ON recording.id = import.recording
                    WHERE recording.sha256 IS NULL ORDER BY recording.id
                    """
            ).map { row in
                guard let digest = try row.digest("sha256") else { throw Row.damaged("sha256") }
                return UnfinishedImport(id: try row.identifier("recording"), sha256: digest, size: try row.unsigned("listed_size"))
            }
        }
    }

    /// Nobody was told of it, and its bytes are not here. One that is stored stays.
    package func dropImport(_ id: RecordingID) throws {
        try write { transaction in
            guard try transaction.row("SELECT 1 FROM recording WHERE id = ? AND sha256 IS NULL", [id.description]) != nil else { return }
            try transaction.execute("DELETE FROM import WHERE recording = ?", [id.description])
            try transaction.execute("DELETE FROM step WHERE recording = ?", [id.description])
            try transaction.execute("DELETE FROM recording WHERE id = ?", [id.description])
            transaction.touch(.recordings)
        }
    }

    /// Where imported recordings stand, when it is called so.
    func importShelf(named name: String) throws -> CardID? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT id FROM card WHERE method = 'import' AND (name = ?1 OR id = ?1)", arguments: [name])?.identifier("id")
        }
    }

    /// Whether a recording came as a file.
    static func isImport(_ id: RecordingID, _ transaction: Transaction) throws -> Bool {
        try transaction.row("SELECT 1 FROM import WHERE recording = ?", [id.description]) != nil
    }

    /// The digest that whoever brought it computed is that of what was read again here: nobody else has to confirm it.
    static func prove(_ id: RecordingID, _ transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE recording SET state = 'proven', proven_at = coalesce(proven_at, ?) WHERE id = ?", [transaction.now.milliseconds, id.description])
        try transaction.step(id, "digest_confirmed", "It is the digest that whoever brought the file computed.")
        try transaction.markChanged(id)
    }

    /// - Throws: `not_found`.
    static func requireSource(_ id: CardID, _ db: Database) throws {
        if try Row.fetchOne(db, sql: "SELECT 1 FROM card WHERE id = ? AND method = 'import'", arguments: [id.description]) != nil { return }
        _ = try requireCard(id, db)
    }

    private static func describe(_ id: RecordingID, _ claim: ImportClaim, _ transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE import SET file = ?, format = ?, holder = ?, started_from = ? WHERE recording = ?",
            [claim.file.raw, claim.format.rawValue, claim.holder?.description, claim.started?.source.rawValue, id.description])
        try transaction.execute(
            """
            UPDATE recording SET state = 'pulling', kind = ?, started = ?, clock = ?, listed_size = ?, listed_prefix = ?, flags = ? WHERE id = ?
            """,
            [
                Int64(claim.kind.number), claim.started?.time.milliseconds, (claim.started?.source.trust ?? .unknown).rawValue,
                Int64(clamping: claim.size), CustodyRow.hex(claim.sha256.prefix), Int64(ListedFlags.complete.rawValue), id.description,
            ])
        try transaction.markChanged(id)
    }

    /// The shelf; it is made when the first file comes. Its serial number is of this gateway alone, so that the keys of two gateways differ.
    private static func shelf(_ transaction: Transaction) throws -> CardLife {
        if let row = try transaction.row("SELECT id, serial, generation FROM card WHERE method = 'import'") {
            guard let serial = CardSerial(try row.value("serial") as String) else { throw Row.damaged("serial") }
            return CardLife(card: try row.identifier("id"), generation: Generation(serial: serial, number: try row.unsigned("generation")))
        }
        let digits = String(transaction.random(), radix: 16)
        guard let serial = CardSerial("files." + String(repeating: "0", count: 16 - digits.count) + digits) else { throw Row.damaged("serial") }
        let taken = Set(try transaction.rows("SELECT name FROM card").map { try $0.value("name") as String })
        let name = (["import"] + (2...taken.count + 2).map { "import-\($0)" }).first { !taken.contains($0) } ?? "import"
        let life = CardLife(card: transaction.newID(), generation: Generation(serial: serial, number: 1))
        try transaction.execute(
            """
            INSERT INTO card (id, name, serial, manufacturer, model, hardware, firmware, adapter, peer, peer_kind, method, paired_at, generation)
            VALUES (?, ?, ?, '', '', '', '', '', '', '', 'import', ?, 1)
            """, [life.card.description, name, serial.description, transaction.now.milliseconds])
        try transaction.execute(
            "INSERT INTO generation (card, number, first_seen) VALUES (?, ?, ?)", life.arguments + [transaction.now.milliseconds])
        return life
    }
}
