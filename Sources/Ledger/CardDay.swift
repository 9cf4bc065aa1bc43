internal import GRDB
internal import Recordings

/// What a card brings in a day of boot time, as rows: they cost the disk as its bytes do.
///
/// What is too much waits on the card for the next day.
struct CardDay {
    enum Kind: String {
        case numbers, events

        fileprivate var limit: Int64 {
            switch self {
            case .numbers: Int64(Limits.numbersPerDay)
            case .events: Int64(Limits.eventsPerDay)
            }
        }
    }

    private let kind: Kind
    private let card: CardID
    private let transaction: Transaction
    private let before: Int64
    private var used: Int64
    private var isTooMuch = false

    init(_ kind: Kind, of card: CardID, _ transaction: Transaction) throws {
        try Self.turn(card, transaction)
        (self.kind, self.card, self.transaction) = (kind, card, transaction)
        before = try transaction.row("SELECT day_\(kind.rawValue) AS used FROM card WHERE id = ?", [card.description])?.value("used") ?? 0
        used = before
    }

    /// Milliseconds of boot time.
    private static let length = 86_400_000

    /// A day that is over begins anew.
    private static func turn(_ card: CardID, _ transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE card SET day_started = ?1, day_bytes = 0, day_numbers = 0, day_events = 0 WHERE id = ?2 AND ?1 - day_started >= \(length)",
            [transaction.bootNow, card.description])
    }

    /// - Returns: what came today, with these bytes.
    static func add(bytes: UInt64, of card: CardID, _ transaction: Transaction) throws -> UInt64 {
        try turn(card, transaction)
        let day = try transaction.row(
            "UPDATE card SET day_bytes = day_bytes + ? WHERE id = ? RETURNING day_bytes", [Int64(clamping: bytes), card.description])
        return UInt64(clamping: try day?.value("day_bytes") as Int64? ?? 0)
    }

    static func bytes(of card: CardID, at bootNow: Int64, _ db: Database) throws -> UInt64 {
        let sql = "SELECT day_bytes FROM card WHERE id = ? AND ? - day_started < \(length)"
        return UInt64(clamping: try Int64.fetchOne(db.cachedStatement(sql: sql), arguments: [card.description, bootNow]) ?? 0)
    }

    /// Whether one more may become a row today; counts it.
    mutating func takeOne() -> Bool {
        guard used < kind.limit else {
            isTooMuch = true
            return false
        }
        used += 1
        return true
    }

    /// Writes down what was taken; says once a day that something waits.
    func end() throws {
        // One above the limit: it was said.
        let total = isTooMuch ? kind.limit + 1 : used
        guard total > before else { return }
        try transaction.execute("UPDATE card SET day_\(kind.rawValue) = ? WHERE id = ?", [total, card.description])
        guard isTooMuch else { return }
        try transaction.emit("card.limit", card: card, [("what", .string(kind.rawValue)), ("per_day", .number(kind.limit))])
    }
}
