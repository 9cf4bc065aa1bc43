internal import GRDB
package import Recordings

/// A card in one generation of its storage: what numbers belong to.
package struct CardLife: Sendable, Hashable {
    package let card: CardID
    package let generation: Generation

    package init(card: CardID, generation: Generation) {
        self.card = card
        self.generation = generation
    }

    /// For `card = ? AND generation = ?`.
    var arguments: StatementArguments { [card.description, Int64(generation.number)] }
}

/// What a card said at the beginning of a session.
extension Ledger {
    /// The card says who it is.
    ///
    /// - Returns: the number of the last event held of this generation; 0 for none.
    /// - Throws: `CustodyError.serialRefused`; `not_found`.
    package func open(_ life: CardLife) throws -> UInt32 {
        try write { transaction in
            let card = try Self.requireCard(life.card, transaction.db)
            guard card.serial == life.generation.serial else {
                throw CustodyError.serialRefused(paired: card.serial, said: life.generation.serial)
            }
            try transaction.execute("UPDATE card SET seen_at = ? WHERE id = ?", [transaction.now.milliseconds, life.card.description])
            try Self.enter(life, transaction)
            transaction.touch(.cards)
            return UInt32(clamping: try Self.highestEvent(life, transaction.db))
        }
    }

    /// The card is in this life of its storage now.
    static func enter(_ life: CardLife, _ transaction: Transaction) throws {
        let before = try requireCard(life.card, transaction.db).generation
        try transaction.execute("UPDATE card SET generation = ? WHERE id = ?", [Int64(life.generation.number), life.card.description])
        try transaction.execute(
            "INSERT INTO generation (card, number, first_seen) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            life.arguments + [transaction.now.milliseconds])
        if before != nil, before != life.generation.number { try endOlderGenerations(life, transaction) }
    }

    /// What Status said. Events up to `acknowledgedByAnyone` that are not held here went to another gateway: what this one
    /// acknowledges it holds.
    package func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32, of life: CardLife) throws {
        try write { transaction in
            let isForeign = Int64(acknowledgedByAnyone) > (try Self.highestEvent(life, transaction.db))
            try transaction.execute(
                """
                UPDATE generation SET last_event = max(last_event, ?1), foreign_acknowledged = max(foreign_acknowledged, ?2)
                WHERE card = ?3 AND number = ?4 AND (last_event < ?1 OR foreign_acknowledged < ?2)
                """, [Int64(lastEvent), isForeign ? Int64(acknowledgedByAnyone) : 0] + life.arguments)
        }
    }

    /// The card's log was read to its end. Only numbers that its Status told of count: what a notification says is a hint.
    package func logWasRead(upTo lastEvent: UInt32, of life: CardLife) throws {
        try write { transaction in
            try transaction.execute(
                """
                UPDATE generation SET log_read = min(?1, last_event)
                WHERE card = ?2 AND number = ?3 AND log_read < min(?1, last_event)
                """, [Int64(lastEvent)] + life.arguments)
        }
    }

    /// The card confirmed ACK_EVENTS.
    package func acknowledged(upTo number: UInt32, of life: CardLife) throws {
        try write { transaction in
            try transaction.execute(
                "UPDATE generation SET acknowledged = max(acknowledged, ?) WHERE card = ? AND number = ?", [Int64(number)] + life.arguments)
        }
    }

    /// Times that were taken in this boot without a clock become UTC.
    package func mend(by reading: ClockReading, of life: CardLife) throws {
        try write { try Self.mend(by: reading, of: life, $0) }
    }

    static func mend(by reading: ClockReading, of life: CardLife, _ transaction: Transaction) throws {
        let boot = Int64(reading.boot)
        let powerOn = reading.powerOn.milliseconds
        try transaction.execute(
            """
            INSERT INTO clock_reading (card, generation, boot, power_on, at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (card, generation, boot) DO UPDATE SET power_on = excluded.power_on, at = excluded.at
            """, life.arguments + [boot, powerOn, transaction.now.milliseconds])
        let place = "card = ? AND generation = ? AND raw_boot = ? AND raw_is_utc = 0 AND clock <> 'mended'"
        try transaction.execute(
            "UPDATE event SET time = raw + ?, clock = 'mended' WHERE \(place)", [powerOn] + life.arguments + [boot])
        for row in try transaction.rows("SELECT id, raw FROM recording WHERE \(place)", life.arguments + [boot]) {
            let id: RecordingID = try row.identifier("id")
            let started = UTCTime(milliseconds: try row.value("raw") as Int64).advanced(by: powerOn)
            try transaction.execute(
                "UPDATE recording SET started = ?, clock = 'mended' WHERE id = ?", [started.milliseconds, id.description])
            try transaction.step(id, "clock_mended", "It started at \(started), by a clock setting of the same start of the card.")
            try transaction.markChanged(id)
        }
    }

    /// A card's time in UTC, as far as it can be known now.
    static func resolve(_ time: CardTime, of life: CardLife, _ db: Database) throws -> (time: UTCTime?, clock: ClockTrust) {
        switch time.reading {
        case .utc(let utc): return (utc, .set)
        case .sincePowerOn:
            let powerOn = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT power_on FROM clock_reading WHERE card = ? AND generation = ? AND boot = ?"),
                arguments: life.arguments + [Int64(time.boot)])
            let mended = powerOn.flatMap { ClockReading(boot: time.boot, powerOn: UTCTime(milliseconds: $0)).mend(time) }
            return (mended, mended == nil ? .unknown : .mended)
        }
    }

    static func highestEvent(_ life: CardLife, _ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT coalesce(max(number), 0) FROM event WHERE card = ? AND generation = ?"), arguments: life.arguments) ?? 0
    }

    /// A new generation means that the storage was formatted: what was not pulled before is gone.
    private static func endOlderGenerations(_ life: CardLife, _ transaction: Transaction) throws {
        let rows = try transaction.rows(
            "SELECT id FROM recording WHERE card = ? AND generation <> ? AND state IN ('listed', 'pulling')", life.arguments)
        for row in rows {
            try setState(.lostOnCard, of: try row.identifier("id"), "The card's storage was formatted before it was pulled.", transaction)
        }
    }

    /// Moves a recording on and notes it.
    static func setState(_ state: RecordingState, of id: RecordingID, _ cause: String?, step: String? = nil, _ transaction: Transaction) throws {
        try transaction.execute("UPDATE recording SET state = ?, cause = ? WHERE id = ?", [state.rawValue, cause, id.description])
        try transaction.step(id, step ?? state.rawValue, cause ?? "")
        try transaction.markChanged(id)
        // Nothing will come of it: who waits for it goes on without. A copy that is here and was never accepted keeps its jobs back.
        if [.deletedOnCard, .lostOnCard, .releasedElsewhere, .vanished, .unreadable].contains(state),
            try transaction.row("SELECT 1 FROM recording WHERE id = ? AND sha256 IS NULL", [id.description]) != nil
        {
            try releaseJobs(of: id, transaction)
        }
    }
}
