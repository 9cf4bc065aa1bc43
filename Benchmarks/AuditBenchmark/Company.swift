import Bytes
import EventLoop
import Foundation
import GRDB
import Ledger
import Recordings

/// A ledger as a company of fifty people has it after some years: all recordings delivered and released but for one in a hundred, their
/// presses, jobs and steps beside them.
struct Company {
    static let cards = 50
    static let recordingsOfEach = 2000
    static var recordings: Int { cards * recordingsOfEach }
    /// Of each recording: its start, its stop, and every other time a press.
    static let eventsOfEach = recordingsOfEach * 5 / 2
    static let begin = UTCTime(milliseconds: 1_767_225_600_000)
    /// Between two starts on one card.
    static let pause: Int64 = 3_600_000
    static let generation: UInt32 = 0x5B0C_91AA

    let path: String
    let executor: BlockingThread
    let cards: [CardID]
    let holders: [HolderID]

    static func environment() throws -> LedgerEnvironment {
        let now = begin.advanced(by: Int64(recordingsOfEach) * pause)
        return LedgerEnvironment(wall: WallClock(now: { now }, isSynchronised: { true }), boot: try BootClock.system())
    }

    static func open(_ path: String, _ executor: BlockingThread) async throws -> Ledger {
        try await Ledger.open(at: path, name: "hq", routing: Routing([]), environment: environment(), executor: executor)
    }

    /// Makes it in a folder that exists.
    init(in folder: String) async throws {
        path = folder + "/ledger.sqlite"
        executor = try BlockingThread(name: "ledger")
        let ledger = try await Self.open(path, executor)
        var (cards, holders): ([CardID], [HolderID]) = ([], [])
        for number in 0..<Self.cards {
            guard let serial = CardSerial("A1-\(1000 + number)") else { throw Failure("no serial number") }
            let device = DeviceFacts(
                manufacturer: ForeignText("Acme"), model: ForeignText("Card"), hardware: ForeignText("1"), firmware: ForeignText("2"))
            let bond = Bond(
                adapter: "00:00:00:00:00:01", peer: "C0:00:00:00:00:\(String(0x10 + number, radix: 16))", peerKind: "random", method: .passkey)
            let card = try await ledger.enroll(serial: serial, name: "card\(number)", device: device, bond: bond, generation: Self.generation)
            _ = try await ledger.open(CardLife(card: card.id, generation: Generation(serial: serial, number: Self.generation)))
            let holder = try await ledger.addHolder(
                handle: "person\(number)@example.com", name: "Person \(number)", groups: [])
            try await ledger.assign(card.id, to: holder.id, from: Self.begin)
            cards.append(card.id)
            holders.append(holder.id)
        }
        try await ledger.close()
        (self.cards, self.holders) = (cards, holders)
        let database = try DatabaseQueue(path: path)
        try await database.write { [cards] db in
            // What changes is noted for the files beside the ledger; there are none here.
            for trigger in try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            for (number, card) in cards.enumerated() { try Self.fill(card, number, db) }
        }
        try database.close()
    }

    private static func fill(_ card: CardID, _ position: Int, _ db: Database) throws {
        let recording = try db.makeStatement(
            sql: """
                INSERT INTO recording (id, card, generation, number, variant, current, state, cause, kind, raw, raw_is_utc, raw_boot, started,
                    clock, duration, listed_size, listed_prefix, durable, proven, size, sha256, first_seen, stored_at, proven_at, delivered_at,
                    release_answer, release_answered_at, changed)
                VALUES (?1, ?2, ?3, ?4, 0, 1, ?5, NULL, 1, ?6, 1, 1, ?6, 'set', 60000, 240000, ?7, 240000, 240000, ?8, ?9, ?6, ?10, ?11, ?12,
                    ?13, ?11, ?14)
                """)
        let event = try db.makeStatement(
            sql: """
                INSERT INTO event (id, type, card, generation, number, key, recording, raw, raw_is_utc, raw_boot, time, clock, received, data)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 1, ?8, 'set', ?9, '{}')
                """)
        let job = try db.makeStatement(
            sql: """
                INSERT INTO job (id, key, queue, state, priority, attempts, recording, subject, created_at, changed_at)
                VALUES (?1, ?2, ?3, 'done', 1, 8, ?4, ?4, ?5, ?5)
                """)
        let delivery = try db.makeStatement(
            sql: "INSERT INTO delivery (recording, destination, object, sha256, size, at) VALUES (?, 'archive', 'x', ?, 240000, ?)")
        let step = try db.makeStatement(sql: "INSERT INTO step (recording, at, what, detail) VALUES (?, ?, ?, 'as a card lists it')")
        let generation = Int64(generation)
        var eventNumber: Int64 = 0
        for number in 1...Int64(recordingsOfEach) {
            let at = begin.advanced(by: number * pause + Int64(position) * 60_000)
            func id<Kind: IdentifierKind>(_ index: Int) -> Identifier<Kind> {
                .make(at: at, random: .random(in: .min ... .max), sequence: UInt16(index))
            }
            // One in a hundred is no plain "held and delivered".
            let state = number % 500 == 0 ? "deleted_on_card" : number % 500 == 250 ? "listed" : "proven"
            let isHeld = state == "proven"
            let isDelivered = isHeld && number % 100 != 7
            let (recordingID, digest): (RecordingID, String) = (id(0), String(format: "%064llx", number &* 0x9E37_79B9))
            let (stored, delivered) = (at.milliseconds + 120_000, at.milliseconds + 130_000)
            try recording.execute(arguments: [
                recordingID.description, card.description, generation, number, state, at.milliseconds, String(digest.prefix(16)),
                isHeld ? 240_000 : nil, isHeld ? digest : nil, isHeld ? stored : nil, isHeld ? stored + 100 : nil, isDelivered ? delivered : nil,
                isHeld ? "accepted" : nil, Int64(position * recordingsOfEach) + number,
            ])
            for (index, type) in ["recording.started", "recording.stopped", "button.pressed"].enumerated() where index < 2 || number % 2 == 0 {
                eventNumber += 1
                let eventID: EventID = id(index)
                try event.execute(arguments: [
                    eventID.description, type, card.description, generation, eventNumber, "\(position)/e\(eventNumber)", recordingID.description,
                    at.milliseconds + Int64(index), stored,
                ])
            }
            for (index, queue) in ["decode", "upload"].enumerated() where isHeld {
                let jobID: JobID = id(index)
                try job.execute(arguments: [jobID.description, "\(position)/\(number)/\(queue)", queue, recordingID.description, stored])
            }
            if isDelivered { try delivery.execute(arguments: [recordingID.description, digest, delivered]) }
            for what in isHeld ? ["listed", "pull", "stored", "release_accepted", "delivered"] : ["listed"] {
                try step.execute(arguments: [recordingID.description, stored, what])
            }
        }
        try db.execute(
            sql: "UPDATE generation SET last_event = ?, acknowledged = ? WHERE card = ?", arguments: [eventNumber, eventNumber, card.description])
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
