internal import GRDB
package import Recordings

/// Offsets of running pulls.
extension Ledger {
    /// The copy of this number that is to be pulled now; a second one beside the first when the card did not accept that.
    ///
    /// - Returns: offset 0 when the entry shows another digest or a smaller size than the part.
    /// - Throws: `CustodyError.misuse` when nothing of this number is to be pulled.
    package func beginPull(_ entry: ListedRecording, of life: CardLife) throws -> PullState {
        try write { transaction in
            let copies = try CustodyRow.copies(of: entry.number, life, transaction)
            guard let current = copies.first(where: \.isCurrent) else {
                throw CustodyError.misuse("Recording \(entry.number) was not in the card's list of this session.")
            }
            let id: RecordingID
            if !current.isHeld {
                id = current.id
            } else if let open = copies.last(where: \.isOpenBeside) {
                id = open.id
            } else if current.state == .contested || current.state == .proven {
                id = try Self.openBeside(copies, entry, life, transaction)
            } else {
                throw CustodyError.misuse("Recording \(entry.number) is here already.")
            }
            let old = try CustodyRow.one(id, transaction).row
            try Self.adopt(entry, id, old, life, transaction)
            // An event that came behind the plan may have said that the card has it no more: then READ will say so, too.
            if ![.missing, .pulling, .deletedOnCard, .lostOnCard].contains(old.state) {
                try transaction.execute("UPDATE recording SET state = 'pulling', cause = NULL WHERE id = ?", [id.description])
                try transaction.markChanged(id)
            }
            let row = try CustodyRow.one(id, transaction).row
            try transaction.step(id, "pull", "READ from byte \(row.durable) of \(entry.size).")
            return PullState(id: id, durable: row.durable, proven: row.proven)
        }
    }

    /// The bytes up to `durable` are on the disk.
    ///
    /// - Parameter added: bytes that came from the card for it.
    /// - Returns: bytes that this card brought in its running day of boot time.
    package func advance(_ id: RecordingID, durable: UInt64, proven: Bool, added: UInt64) throws -> UInt64 {
        try write { transaction in
            let offset = Int64(clamping: durable)
            try transaction.execute(
                "UPDATE recording SET durable = ?1, proven = CASE WHEN ?2 THEN ?1 ELSE min(proven, ?1) END WHERE id = ?3",
                [offset, proven, id.description])
            transaction.touch(.recordings)
            guard let row = try transaction.row("SELECT card FROM recording WHERE id = ?", [id.description]) else { return 0 }
            return try CardDay.add(bytes: added, of: try row.identifier("card"), transaction)
        }
    }

    /// Bytes behind `offset` are thrown away.
    package func rewind(_ id: RecordingID, to offset: UInt64, because reason: String) throws {
        try write { transaction in
            try transaction.execute(
                "UPDATE recording SET durable = min(durable, ?1), proven = min(proven, ?1) WHERE id = ?2",
                [Int64(clamping: offset), id.description])
            try transaction.step(id, "rewound", "Back to byte \(offset): \(reason)")
        }
    }

    /// Bytes that this card brought in its running day of boot time.
    package func bytesToday(of card: CardID) throws -> UInt64 {
        let now = environment.bootNow
        return try read { db in try CardDay.bytes(of: card, at: now, db) }
    }

    /// Notes why a recording does not come on, for `why`.
    package func noteDelay(of number: UInt32, _ life: CardLife, cause: String) throws {
        try write { transaction in
            try transaction.execute(
                """
                UPDATE recording SET cause = ? WHERE card = ? AND generation = ? AND number = ? AND current = 1 AND state IN ('listed', 'pulling')
                """, [cause] + life.arguments + [Int64(number)])
            transaction.touch(.recordings)
        }
    }

    /// Takes over what the list says. Another digest or a smaller size than the part's: the part starts over.
    static func adopt(_ entry: ListedRecording, _ id: RecordingID, _ old: CustodyRow?, _ life: CardLife, _ transaction: Transaction) throws {
        let raw = entry.started.columns
        let (started, clock) = try resolve(entry.started, of: life, transaction.db)
        try transaction.execute(
            """
            UPDATE recording SET kind = ?, raw = ?, raw_is_utc = ?, raw_boot = ?, started = ?, clock = ?, duration = ?, marks = ?, flags = ?
            WHERE id = ?
            """,
            [
                Int64(entry.kind.number), raw.raw, raw.isUTC, raw.boot, started?.milliseconds, clock.rawValue,
                Int64(entry.durationMilliseconds), Int64(entry.marks), Int64(entry.flags.rawValue), id.description,
            ])
        let isNewDigest = old?.entry.digestPrefix != nil && entry.digestPrefix != nil && old?.entry.digestPrefix != entry.digestPrefix
        if let old, !old.isHeld, isNewDigest || entry.size < old.durable, old.durable > 0 || old.state == .missing {
            try transaction.execute(
                "UPDATE recording SET durable = 0, proven = 0, pulls = pulls + 1 WHERE id = ?", [id.description])
            try transaction.step(id, "restarted", "The card shows another digest or a smaller size than before: from byte 0 again.")
        }
        if old.map({ !$0.says(entry) }) ?? true {
            try transaction.execute(
                "UPDATE recording SET listed_size = ?, listed_prefix = coalesce(?, listed_prefix) WHERE id = ?",
                [Int64(clamping: entry.size), entry.digestPrefix.map(CustodyRow.hex), id.description])
            try transaction.markChanged(id)
        }
    }

    /// A row for one more copy.
    private static func openBeside(_ copies: [CustodyRow], _ entry: ListedRecording, _ life: CardLife, _ transaction: Transaction) throws
        -> RecordingID
    {
        let pull = (copies.map(\.pull).max() ?? 0) + 1
        let id = try insertRecording(entry.number, of: life, variant: copies.count, pull: pull, transaction)
        for copy in copies where copy.isCurrent {
            try transaction.step(copy.id, "second_pull", "Another copy is pulled beside this one as \(id).")
        }
        return id
    }
}
