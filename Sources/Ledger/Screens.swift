internal import Bytes
internal import GRDB
package import Recordings

/// Texts for the cards' screens.
extension Ledger {
    /// How long a text waits for its card; later it would only puzzle its reader. Boot time.
    package static let screenPatience: Duration = .seconds(15 * 60)

    /// A text from a person or agent outside a job.
    ///
    /// - Throws: `not_found`.
    package func show(_ text: ScreenText, on card: CardID) throws -> ScreenInfo {
        try write { transaction in
            let id = try Self.show(text, on: card, job: nil, transaction)
            guard let screen = try Self.screens(where: "id = ?", [id.description], transaction.db).first else { throw Self.noScreen(id) }
            return screen
        }
    }

    /// Texts that wait for this card, oldest first; those that waited too long expire.
    package func screens(waitingFor card: CardID) throws -> [ScreenInfo] {
        let overdue = try read { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT 1 FROM screen WHERE card = ? AND state = 'waiting' AND expires <= ?"),
                arguments: [card.description, environment.bootNow])
        }
        guard overdue != nil else { return try read { try Self.waiting(for: card, $0) } }
        return try write { transaction in
            let late = try transaction.rows(
                "SELECT id FROM screen WHERE card = ? AND state = 'waiting' AND expires <= ?", [card.description, transaction.bootNow])
            for row in late {
                let id: String = try row.value("id")
                try transaction.execute("UPDATE screen SET state = 'expired' WHERE id = ?", [id])
                try transaction.emit("screen.expired", card: card, [("screen", .string(id))])
            }
            return try Self.waiting(for: card, transaction.db)
        }
    }

    /// Cards for which a text waits, or waited too long without anybody noticing.
    package func cardsWithScreens() throws -> [CardID] {
        try read { db in
            try String.fetchAll(db, sql: "SELECT DISTINCT card FROM screen WHERE state = 'waiting'").compactMap { CardID($0) }
        }
    }

    /// How long it is until one of the texts that wait expires; nil when none waits. Boot time.
    package func nextScreenExpiry() throws -> Duration? {
        try read { db in
            let now = environment.bootNow
            return try Int64.fetchOne(db, sql: "SELECT MIN(expires) FROM screen WHERE state = 'waiting' AND expires > ?", arguments: [now])
                .map { .milliseconds($0 - now) }
        }
    }

    /// The card confirmed SCREEN. Said twice it does no harm, nor of a text that has expired: that is what everybody was told.
    package func shown(_ screen: ScreenID) throws {
        try write { transaction in
            guard let info = try Self.screens(where: "id = ?", [screen.description], transaction.db).first else { throw Self.noScreen(screen) }
            guard info.state == .waiting else { return }
            try transaction.execute(
                "UPDATE screen SET state = 'shown', shown_at = ? WHERE id = ?", [transaction.now.milliseconds, screen.description])
            try transaction.emit("screen.shown", card: info.card, [("screen", .string(screen.description))])
        }
    }

    /// - Throws: `not_found`.
    package func screen(_ id: ScreenID) throws -> ScreenInfo {
        try read { db in
            guard let screen = try Self.screens(where: "id = ?", [id.description], db).first else { throw Self.noScreen(id) }
            return screen
        }
    }

    @discardableResult
    static func show(_ text: ScreenText, on card: CardID, job: JobID?, _ transaction: Transaction) throws -> ScreenID {
        _ = try requireCard(card, transaction.db)
        let id: ScreenID = transaction.newID()
        try transaction.execute(
            """
            INSERT INTO screen (id, card, text, style, seconds, state, expires, created_at, job) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?)
            """,
            [
                id.description, card.description, text.text.raw, text.style.rawValue, Int64(text.seconds),
                transaction.bootNow + screenPatience.wholeMilliseconds, transaction.now.milliseconds, job?.description,
            ])
        transaction.touch(.screens)
        return id
    }

    private static func waiting(for card: CardID, _ db: Database) throws -> [ScreenInfo] {
        try screens(where: "card = ? AND state = 'waiting' ORDER BY sequence", [card.description], db)
    }

    private static func screens(where condition: String, _ arguments: StatementArguments, _ db: Database) throws -> [ScreenInfo] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM screen WHERE \(condition)"), arguments: arguments).map { row in
            ScreenInfo(
                id: try row.identifier("id"), card: try row.identifier("card"),
                content: ScreenText(text: try row.foreign("text"), style: try row.choice("style"), seconds: try row.unsigned("seconds")),
                state: try row.choice("state"), createdAt: try row.time("created_at"), shownAt: try row.optionalTime("shown_at"))
        }
    }

    private static func noScreen(_ id: ScreenID) -> LedgerError {
        LedgerError(.notFound, "There is no text \(id) for a screen.", fix: "Use the id that `done` gave.")
    }
}
