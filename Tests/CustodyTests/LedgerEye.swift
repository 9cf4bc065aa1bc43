import GRDB
import Recordings

/// Looks into a gateway's ledger over a connection of its own: what it sees is committed.
struct LedgerEye: Sendable {
    private let database: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        database = try DatabaseQueue(path: path, configuration: configuration)
    }

    func close() throws { try database.close() }

    /// The numbers of the events of a card's generation that are committed, of those in a range.
    func events(of generation: Generation, in range: ClosedRange<UInt32>) throws -> Set<UInt32> {
        try database.read { db in
            try UInt32.fetchSet(
                db,
                sql: """
                    SELECT event.number FROM event JOIN card ON card.id = event.card
                    WHERE card.serial = ? AND event.generation = ? AND event.number BETWEEN ? AND ?
                    """,
                arguments: [generation.serial.description, Int64(generation.number), Int64(range.lowerBound), Int64(range.upperBound)])
        }
    }

    /// Every copy of a number that the ledger calls whole, by its file's name.
    func copies(of number: UInt32, _ generation: Generation) throws -> [(file: String, sha256: String)] {
        try database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT recording.id, sha256 FROM recording JOIN card ON card.id = recording.card
                    WHERE card.serial = ? AND recording.generation = ? AND number = ? AND sha256 IS NOT NULL AND state <> 'missing' ORDER BY variant
                    """,
                arguments: [generation.serial.description, Int64(generation.number), Int64(number)]
            ).map { ("\($0["id"] as String).opus", $0["sha256"]) }
        }
    }

    /// Whether the ledger has given a number up until a person looks, or what the card gave out under it again.
    func isDisputed(_ number: UInt32, _ generation: Generation) throws -> Bool {
        try database.read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT 1 FROM recording JOIN card ON card.id = recording.card
                    WHERE card.serial = ? AND recording.generation = ? AND number = ? AND state = 'disputed'
                    """, arguments: [generation.serial.description, Int64(generation.number), Int64(number)]) ?? false
        }
    }

    /// The jobs of a recording by queue, with their states.
    func jobs(of recording: RecordingID) throws -> [(queue: String, state: String)] {
        try database.read { db in
            try Row.fetchAll(db, sql: "SELECT queue, state FROM job WHERE recording = ? ORDER BY sequence", arguments: [recording.description])
                .map { ($0["queue"], $0["state"]) }
        }
    }
}
