internal import GRDB
internal import Recordings

/// A recording's row as custody decides by it.
struct CustodyRow {
    let id: RecordingID
    let number: UInt32
    let isCurrent: Bool
    let state: RecordingState
    let entry: ListedRecording
    let durable: UInt64
    let proven: UInt64
    /// Which independent pull of this number the part belongs to, from 1.
    let pull: Int
    let retryAt: Int64
    let sha256: SHA256Digest?
    let isDelivered: Bool

    init(_ row: Row) throws {
        id = try row.identifier("id")
        number = try row.unsigned("number")
        isCurrent = try row.value("current")
        state = try row.choice("state")
        entry = ListedRecording(
            number: number, size: try row.unsigned("listed_size"),
            started: try row.cardTime() ?? CardTime(.sincePowerOn(milliseconds: 0), boot: 0),
            durationMilliseconds: try row.unsigned("duration"), kind: RecordingKind(number: try row.unsigned("kind")),
            marks: try row.unsigned("marks"), flags: ListedFlags(rawValue: try row.unsigned("flags")), firstEvent: 0,
            digestPrefix: try (row.optional("listed_prefix") as String?).map(Self.bytes(ofHex:)))
        durable = try row.unsigned("durable")
        proven = try row.unsigned("proven")
        pull = try row.value("pulls")
        retryAt = try row.value("retry_at")
        sha256 = try row.digest("sha256")
        isDelivered = try row.optionalTime("delivered_at") != nil
    }

    /// Whole and durable here.
    var isHeld: Bool { sha256 != nil && state != .missing }

    /// A copy beside the current one that is not whole yet, or that no pull made whole.
    var isOpenBeside: Bool { !isCurrent && sha256 == nil && (state == .pulling || state == .unreadable) }

    /// A digest's beginning as hexadecimal digits, and back.
    static func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    /// Whether a list entry is about another recording than this one, which the card accepted under the same number.
    func isOther(_ entry: ListedRecording) -> Bool {
        state == .proven && (!entry.flags.contains(.complete) || entry.digestPrefix.map { $0 != sha256?.prefix } ?? false)
    }

    /// Whether a list entry says anything else of this number than the last one did.
    func says(_ other: ListedRecording) -> Bool {
        (entry.size, entry.started, entry.durationMilliseconds, entry.kind) == (other.size, other.started, other.durationMilliseconds, other.kind)
            && (entry.marks, entry.flags, entry.digestPrefix) == (other.marks, other.flags, other.digestPrefix)
    }

    static func current(_ life: CardLife, _ transaction: Transaction) throws -> [UInt32: CustodyRow] {
        let rows = try transaction.rows("SELECT * FROM recording WHERE card = ? AND generation = ? AND current = 1", life.arguments)
        return Dictionary(try rows.map(CustodyRow.init).map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// All copies of one number, the first one first.
    static func copies(of number: UInt32, _ life: CardLife, _ transaction: Transaction) throws -> [CustodyRow] {
        try transaction.rows(
            "SELECT * FROM recording WHERE card = ? AND generation = ? AND number = ? ORDER BY variant", life.arguments + [Int64(number)]
        ).map(CustodyRow.init)
    }

    /// The copy that stands for what the card has under a number now: the current one. But a card that gave the number of a recording that it
    /// accepted to another one leaves that as it is: then it is the first whole copy that came behind, nil before there is one.
    static func head(of copies: [CustodyRow]) -> CustodyRow? {
        guard let accepted = copies.lastIndex(where: { $0.state == .proven }) else { return copies.first(where: \.isCurrent) }
        return copies[(accepted + 1)...].first(where: \.isHeld)
    }

    static func one(_ id: RecordingID, _ transaction: Transaction) throws -> (row: CustodyRow, life: CardLife) {
        let found = try transaction.row(
            "SELECT recording.*, card.serial FROM recording JOIN card ON card.id = recording.card WHERE recording.id = ?", [id.description])
        guard let found, let serial = CardSerial(try found.value("serial") as String) else {
            throw LedgerError(.notFound, "There is no recording \(id).", fix: "`earshot recordings` lists them.")
        }
        let life = CardLife(card: try found.identifier("card"), generation: Generation(serial: serial, number: try found.unsigned("generation")))
        return (try CustodyRow(found), life)
    }
}
