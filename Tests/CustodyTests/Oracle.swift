import Crypto
import Foundation
import Ledger
import Recordings
import SoftwareCard

/// Compares what really happened on the cards with what a gateway holds and says.
struct Oracle {
    private let cards: [WorldCard]
    /// Whether other gateways serve the cards too: what one does not hold, another does.
    private let isShared: Bool
    /// What any gateway holds, by natural key.
    private var heldSomewhere: Set<String> = []
    private(set) var complaints: [String]
    private(set) var recordings = 0
    private(set) var events = 0
    /// Stands for everything that it saw.
    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    init(cards: [WorldCard], isShared: Bool, watch: CustodyWatch) {
        self.cards = cards
        self.isShared = isShared
        complaints = watch.complaints
    }

    mutating func complain(_ what: String) { complaints.append(what) }

    mutating func judge(_ gateway: WorldGateway, _ parts: WorldGateway.Parts) async throws {
        // A process that cannot use its files ends, and is started again.
        let wasHindered = gateway.diskHits.contains { $0.1 > 0 }
        for end in gateway.ends where !wasHindered { complain("\(gateway.name) ended by itself: \(end)") }
        let feed = try await Self.feed(of: parts.ledger)
        let audit = try await parts.ledger.audit()
        var files: Set<String> = []
        for card in cards {
            let info = try await parts.ledger.card(named: card.serial.description)
            for life in card.truth.lives {
                let generation = Generation(serial: card.serial, number: life.generation)
                let (ids, proven) = try await judgeRecordings(life, generation, gateway, parts, &files)
                judgeEvents(life, generation, feed, ids, proven)
                judgeAudit(life, generation, audit, card: info.id)
            }
        }
        judgeFiles(gateway, expected: files)
        for event in feed { note("\(event.type) \(event.key ?? "") \(event.time?.description ?? "") \(event.data)") }
    }

    /// Once all gateways were looked at: what each card let go, somebody holds.
    mutating func judgeTogether() {
        for card in cards {
            for life in card.truth.lives {
                let generation = Generation(serial: card.serial, number: life.generation)
                for (number, truth) in life.recordings where truth.states.contains(.released) {
                    if !heldSomewhere.contains(generation.recordingKey(number)) { complain("nobody holds \(generation.recordingKey(number))") }
                }
                for number in life.events.keys where number <= life.acknowledged && !heldSomewhere.contains(generation.eventKey(number)) {
                    complain("nobody holds \(generation.eventKey(number))")
                }
            }
        }
    }

    // MARK: - Recordings

    private mutating func judgeRecordings(
        _ life: CardTruth.Life, _ generation: Generation, _ gateway: WorldGateway, _ parts: WorldGateway.Parts, _ files: inout Set<String>
    ) async throws -> (ids: [RecordingID: UInt32], proven: Set<UInt32>) {
        var ids: [RecordingID: UInt32] = [:]
        var proven: Set<UInt32> = []
        for (number, truth) in life.recordings.sorted(by: { $0.key < $1.key }) {
            recordings += 1
            let key = generation.recordingKey(number)
            let facts: WhyFacts
            switch try await parts.ledger.why(key) {
            case .recording(let known): facts = known
            case .absent(let numbers):
                note("\(key) \(numbers.state)")
                if !isShared { complain("\(key) is not in the ledger: \(numbers.cause)") }
                if numbers.cause.isEmpty { complain("why gives no reason for \(key), \(numbers.state)") }
                continue
            }
            let info = facts.recording
            ids[info.id] = number
            if info.state == .proven { proven.insert(number) }
            note("\(key) \(info.state) \(info.sha256?.description ?? "") \(info.cause ?? "")")
            let allowed = states(of: truth)
            if !allowed.contains(info.state) { complain("\(key) is \(info.state) (\(info.cause ?? "no cause")), on the card: \(truth.states)") }
            if ![.stored, .proven].contains(info.state), (info.cause ?? "").isEmpty { complain("why gives no reason for \(key), \(info.state)") }
            if facts.history.isEmpty { complain("why has no history of \(key)") }
            if info.isHeld {
                heldSomewhere.insert(key)
                files.formUnion(["\(info.id).opus", "\(info.id).json"])
                let bytes = try Data(contentsOf: gateway.recordings.appending(path: "\(info.id).opus"))
                if Array(bytes) != truth.bytes { complain("\(key): the file is not what the card recorded") }
                if Array(SHA256.hash(data: bytes)) != info.sha256?.bytes { complain("\(key): the ledger has another digest than the file") }
                let jobs = try parts.eye.jobs(of: info.id)
                if jobs.map(\.queue).sorted() != ["decode", "upload"] { complain("\(key) has the jobs \(jobs)") }
                if jobs.contains(where: { $0.state != "ready" }) { complain("\(key): its jobs wait: \(jobs)") }
            }
            for other in info.others { complain("\(key) has another copy, \(other)") }
        }
        return (ids, proven)
    }

    /// What may have become of it.
    private func states(of truth: CardTruth.Recording) -> Set<RecordingState> {
        switch truth.state {
        case .released: isShared ? [.proven, .releasedElsewhere] : [.proven]
        case .deletedByUser: [.deletedOnCard, .proven, .stored]
        case .lost: [.lostOnCard, .proven, .stored]
        case .held: []
        case .inProgress, .closing: [.listed]
        }
    }

    // MARK: - Events

    private mutating func judgeEvents(
        _ life: CardTruth.Life, _ generation: Generation, _ feed: [EventInfo], _ held: [RecordingID: UInt32], _ proven: Set<UInt32>
    ) {
        let prefix = "\(generation)/e"
        let ours = feed.filter { $0.key?.hasPrefix(prefix) ?? false }
        events += ours.count
        let numbers = ours.compactMap(\.number)
        if Set(numbers).count != numbers.count { complain("\(generation): an event twice: \(numbers)") }
        if numbers != numbers.sorted() { complain("\(generation): events out of order: \(numbers)") }
        let lost = Set(life.events.keys).subtracting(numbers).sorted()
        heldSomewhere.formUnion(numbers.map(generation.eventKey))
        if !lost.isEmpty, !isShared { complain("\(generation): events lost: \(lost)") }
        for event in ours {
            guard let number = event.number, let truth = life.events[number] else {
                complain("\(generation): an event that never was: \(event.key ?? "")")
                continue
            }
            if event.raw != truth.time { complain("\(event.key ?? ""): its time is \(String(describing: event.raw)) instead of \(truth.time)") }
            let expected = ExpectedEvent(truth)
            if event.type != expected.type || event.data.description != expected.data {
                complain("\(event.key ?? ""): \(event.type) \(event.data) instead of \(expected.type) \(expected.data)")
            }
            if let recording = expected.recording, let id = event.recording, let known = held[id], known != recording {
                complain("\(event.key ?? "") belongs to recording \(known) instead of \(recording)")
            }
        }
        for (id, number) in held.sorted(by: { $0.value < $1.value }) {
            for type in ["recording.stored", "recording.released"] {
                let count = feed.count { $0.type == type && $0.recording == id }
                if count > 1 || (proven.contains(number) && count == 0) {
                    complain("\(generation.recordingKey(number)): \(type) stands in the feed \(count) times")
                }
            }
        }
    }

    private static func feed(of ledger: Ledger) async throws -> [EventInfo] {
        var all: [EventInfo] = []
        var last: Int64 = 0
        while true {
            let page = try await ledger.events(after: last, limit: 500)
            all += page.items
            last = page.last
            if page.items.count < 500 { return all }
        }
    }

    // MARK: - What it says

    private mutating func judgeAudit(_ life: CardTruth.Life, _ generation: Generation, _ audit: AuditReport, card: CardID) {
        guard let part = audit.cards.first(where: { $0.generation == generation }) else {
            return complain("audit does not know \(generation)")
        }
        if part.started != life.recordings.count {
            complain("audit counts \(part.started) recordings of \(generation) instead of \(life.recordings.count)")
        }
        // A press after its last visit is none of a gateway's business that was away.
        let known = isShared ? Int(life.lastEvent) - 1...Int(life.lastEvent) : Int(life.lastEvent)...Int(life.lastEvent)
        if !known.contains(part.events) || (part.eventsHeld != part.events && !isShared) {
            complain("audit counts \(part.eventsHeld) of \(part.events) events of \(generation) instead of \(life.lastEvent)")
        }
        for exception in audit.exceptions where exception.card == card && exception.kind != .waiting && !(isShared && exception.kind == .explained) {
            complain("audit says of \(exception.what): \(exception.cause)")
        }
    }

    private mutating func judgeFiles(_ gateway: WorldGateway, expected: Set<String>) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: gateway.recordings.path)) ?? []
        let present = Set(names).subtracting(["lost+found"])
        for name in present.subtracting(expected).sorted() { complain("\(gateway.name) has a file too many: \(name)") }
        for name in expected.subtracting(present).sorted() { complain("\(gateway.name) has no file \(name)") }
        let lost = (try? FileManager.default.contentsOfDirectory(atPath: gateway.recordings.appending(path: "lost+found").path)) ?? []
        for name in lost.sorted() { complain("\(gateway.name) set aside \(name)") }
    }

    private mutating func note(_ text: String) {
        for byte in text.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
}
