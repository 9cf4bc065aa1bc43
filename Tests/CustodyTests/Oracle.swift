import Crypto
import Foundation
import Ledger
import RecordingStore
import Recordings
import SoftwareCard

/// Compares what really happened on the cards with what a gateway holds and says.
struct Oracle {
    private let cards: [WorldCard]
    /// Whether other gateways serve the cards too: what one does not hold, another does.
    private let isShared: Bool
    /// Whether the cards still hold something that nobody fetches: then all that is known of it is told.
    private let isUnrestful: Bool
    /// The events that any gateway holds, by natural key.
    private var heldSomewhere: Set<String> = []
    /// Every copy that any gateway holds, by natural key.
    private var copiesSomewhere: [String: Set<[UInt8]>] = [:]
    private(set) var complaints: [String]
    private(set) var recordings = 0
    private(set) var events = 0
    /// Stands for everything that it saw.
    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    /// - Parameter unrest: why the world did not come to rest; empty when it did.
    init(cards: [WorldCard], isShared: Bool, watch: CustodyWatch, unrest: String) {
        self.cards = cards
        self.isShared = isShared
        isUnrestful = !unrest.isEmpty
        complaints = watch.complaints
        if isUnrestful { complain("The world did not come to rest: \(unrest)") }
    }

    mutating func complain(_ what: String) { complaints.append(what) }

    mutating func judge(_ gateway: WorldGateway, _ parts: WorldGateway.Parts) async throws {
        // A process that cannot use its files ends, and is started again.
        let wasHindered = gateway.diskHits.contains { $0.1 > 0 }
        for end in gateway.ends where !wasHindered { complain("\(gateway.name) ended by itself: \(end)") }
        let feed = try await Testimony.feed(of: parts.ledger)
        let audit = try await parts.ledger.audit()
        var (files, optional, held) = (Set<String>(), Set<String>(), Set<[UInt8]>())
        for card in cards {
            for life in card.truth.lives {
                let generation = Generation(serial: card.serial, number: life.generation)
                let (ids, proven) = try await judgeRecordings(life, of: card, generation, gateway, parts, &files, &optional, &held)
                judgeEvents(life, generation, feed, ids, proven)
                // Whose going nothing told of, an audit does not explain.
                let explained = ids.filter { !Expectation($1, of: life, on: card, isShared: isShared).states.contains(.vanished) }
                judgeAudit(life, generation, feed, Set(explained.keys), audit)
            }
        }
        judgeFiles(gateway, expected: files, optional: optional, held: held)
        for event in feed { note("\(event.type) \(event.key ?? "") \(event.time?.description ?? "") \(event.data)") }
    }

    /// A ledger that is lost says the same once it was made anew.
    mutating func judgeRebuilt(_ gateway: WorldGateway, _ parts: WorldGateway.Parts) async throws {
        let asked = cards.flatMap { card in
            card.truth.lives.flatMap { life in
                life.recordings.keys.sorted().map { Generation(serial: card.serial, number: life.generation).recordingKey($0) }
            }
        }
        try await parts.files.copy()
        let before = try await Testimony(of: parts.ledger, asked: asked).lines
        let ledger = try await gateway.rebuilt()
        let after = try await Testimony(of: ledger, asked: asked).lines
        try await ledger.close()
        let (lost, new) = (Set(before).subtracting(after), Set(after).subtracting(before))
        for line in before where lost.contains(line) { complain("\(gateway.name) says no more, made anew: \(line)") }
        for line in after where new.contains(line) { complain("\(gateway.name) says, made anew: \(line)") }
        if lost.isEmpty, new.isEmpty, before != after { complain("\(gateway.name) says it in another order, made anew") }
    }

    /// Once all gateways were looked at: what each card let go, somebody holds.
    mutating func judgeTogether() {
        for card in cards {
            for life in card.truth.lives {
                let generation = Generation(serial: card.serial, number: life.generation)
                for number in life.recordings.keys.sorted() {
                    let key = generation.recordingKey(number)
                    let held = copiesSomewhere[key] ?? []
                    let released = life.all(number).filter { $0.states.contains(.released) }
                    if !released.allSatisfy({ held.contains($0.bytes) }) { complain("nobody holds \(key)") }
                }
                for number in life.events.keys
                where number <= life.acknowledged && !life.dropped.contains(number) && !heldSomewhere.contains(generation.eventKey(number)) {
                    complain("nobody holds \(generation.eventKey(number))")
                }
            }
        }
    }

    // MARK: - Recordings

    private mutating func judgeRecordings(
        _ life: CardTruth.Life, of card: WorldCard, _ generation: Generation, _ gateway: WorldGateway, _ parts: WorldGateway.Parts,
        _ files: inout Set<String>, _ optional: inout Set<String>,
        _ held: inout Set<[UInt8]>
    ) async throws -> (ids: [RecordingID: UInt32], proven: Set<UInt32>) {
        var ids: [RecordingID: UInt32] = [:]
        var proven: Set<UInt32> = []
        for (number, truth) in life.recordings.sorted(by: { $0.key < $1.key }) {
            recordings += 1
            let expected = Expectation(number, of: life, on: card, isShared: isShared)
            let key = generation.recordingKey(number)
            let facts: WhyFacts
            let answer: WhyAnswer
            do { answer = try await parts.ledger.why(key) } catch let error as LedgerError where error.code == .notFound {
                // Another gateway may have been told of the last number, and nothing tells of it any more.
                if !isShared { complain("\(key) is not in the ledger") }
                continue
            }
            switch answer {
            case .recording(let known): facts = known
            case .absent(let numbers):
                note("\(key) \(numbers.state)")
                if !isShared, !expected.mayBeUnknown { complain("\(key) is not in the ledger: \(numbers.cause)") }
                if numbers.cause.isEmpty { complain("why gives no reason for \(key), \(numbers.state)") }
                continue
            }
            let info = facts.recording
            ids[info.id] = number
            if info.state == .proven { proven.insert(number) }
            note("\(key) \(info.state) \(info.sha256?.description ?? "") \(info.cause ?? "")")
            if !expected.states.contains(info.state) {
                let states = truth.states.map(\.rawValue)
                complain(
                    "\(key) is \(info.state) (\(info.cause ?? "no cause")), on the card: \(states)\n\(try await Self.history(of: info, parts.ledger))"
                )
            }
            if isUnrestful, info.state != .proven { complain("\(key) is \(info.state):\n\(try await Self.history(of: info, parts.ledger))") }
            if ![.stored, .proven].contains(info.state), (info.cause ?? "").isEmpty { complain("why gives no reason for \(key), \(info.state)") }
            if facts.history.isEmpty { complain("why has no history of \(key)") }
            var copies: [[UInt8]] = []
            for id in [info.id] + info.others {
                let copy = try await parts.ledger.recording(id)
                if expected.mayHavePart || copy.state == .releasedElsewhere { optional.insert("\(id).part") }
                guard copy.isHeld else { continue }
                files.formUnion(["\(id).opus", "\(id).json"])
                copies.append(try await judgeCopy(copy, expected, gateway, parts))
            }
            held.formUnion(expected.versions)
            if Set(copies).count != copies.count { complain("\(key): the same copy twice") }
            if copies.count > 1, !expected.mayHaveCopies { complain("\(key) has other copies, \(info.others)") }
            let lost = expected.released.filter { !copies.contains($0) }
            // With another gateway it is looked for everywhere, in the end.
            let isElsewhere = info.state == .releasedElsewhere || (isShared && info.state == .disputed)
            if !lost.isEmpty, !isElsewhere { complain("\(key): \(lost.count) that the card released are not here") }
            copiesSomewhere[key, default: []].formUnion(copies)
        }
        return (ids, proven)
    }

    /// - Returns: its bytes.
    private mutating func judgeCopy(
        _ copy: RecordingInfo, _ expected: Expectation, _ gateway: WorldGateway, _ parts: WorldGateway.Parts
    ) async throws -> [UInt8] {
        let bytes = Array(try Data(contentsOf: gateway.recordings.appending(path: "\(copy.id).opus")))
        if !expected.versions.contains(bytes) { complain("\(copy.key): the file \(copy.id) is not what the card recorded") }
        if Array(SHA256.hash(data: bytes)) != copy.sha256?.bytes { complain("\(copy.key): the ledger has another digest than the file \(copy.id)") }
        let jobs = try parts.eye.jobs(of: copy.id)
        if jobs.map(\.queue).sorted() != ["decode", "upload"] { complain("\(copy.key) has the jobs \(jobs)") }
        let allowed: Set<String> = [.stored, .proven].contains(copy.state) ? ["ready"] : ["held", "dead"]
        if !jobs.allSatisfy({ allowed.contains($0.state) }) {
            complain("\(copy.key), \(copy.state): its jobs are \(jobs)\n\(try await Self.history(of: copy, parts.ledger))")
        }
        return bytes
    }

    /// What happened to every copy of that number.
    private static func history(of copy: RecordingInfo, _ ledger: Ledger) async throws -> String {
        var lines: [String] = []
        for id in [copy.id] + copy.others {
            guard case .recording(let facts) = try await ledger.why(id.description) else { continue }
            lines.append("    \(id), \(facts.recording.state) (\(facts.recording.cause ?? "no cause")):")
            lines += facts.history.map { "      \($0.at) \($0.what): \($0.detail)" }
        }
        return lines.joined(separator: "\n")
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
        // The number of an event that the card dropped may be given out again, to one that comes later.
        let inOrder = numbers.filter { !life.dropped.contains($0) }
        if inOrder != inOrder.sorted() { complain("\(generation): events out of order: \(numbers)") }
        let excused = life.dropped.union(life.isOver ? life.events.keys.filter { $0 > life.acknowledged } : [])
        let lost = Set(life.events.keys).subtracting(numbers).subtracting(excused).sorted()
        for event in life.again where !excused.contains(event.number) && !ours.contains(where: { $0.isAgain(event, generation) }) {
            complain("\(generation): the second event \(event.number) is lost")
        }
        heldSomewhere.formUnion(numbers.map(generation.eventKey))
        if !lost.isEmpty, !isShared { complain("\(generation): events lost: \(lost)") }
        for event in ours {
            guard let truth = truth(of: event, life, generation) else {
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

    /// The card's event that one of the feed is; nil for one that never was.
    private func truth(of event: EventInfo, _ life: CardTruth.Life, _ generation: Generation) -> CardEvent? {
        guard let number = event.number else { return life.again.first { event.isAgain($0, generation) } }
        let given = [life.events[number]].compactMap(\.self) + (life.dropped.contains(number) ? life.again.filter { $0.number == number } : [])
        return given.first { $0.time == event.raw } ?? given.first
    }

    // MARK: - What it says

    /// Every number is counted, and every one that is not here is named with its reason; the states of recordings were judged before.
    private mutating func judgeAudit(
        _ life: CardTruth.Life, _ generation: Generation, _ feed: [EventInfo], _ known: Set<RecordingID>, _ audit: AuditReport
    ) {
        guard let part = audit.cards.first(where: { $0.generation == generation }) else {
            // Nothing had been made in it, or nothing that anybody heard of.
            if life.isOver, life.recordings.isEmpty { return }
            return complain("audit does not know \(generation)")
        }
        if isShared ? part.started > life.recordings.count : part.started != life.recordings.count {
            complain("audit counts \(part.started) recordings of \(generation) instead of \(life.recordings.count)")
        }
        let held = feed.count { $0.number != nil && $0.key?.hasPrefix("\(generation)/e") ?? false }
        // A press after its last visit is none of a gateway's business that was away, nor what happened before a storage was formatted.
        let all = Int(life.lastEvent)
        // The other's last visit may add two: the press that announced it, and the clock that it set.
        let least = life.isOver ? held : isShared ? all - 2 : all
        if !(least...all).contains(part.events) || part.eventsHeld != held {
            complain("audit counts \(part.eventsHeld) of \(part.events) events of \(generation) instead of \(held) of \(all)")
        }
        for exception in audit.exceptions where exception.generation == generation && !(isShared && exception.kind == .explained) {
            let isAboutEvents = exception.what.contains(" event")
            if let recording = exception.recording {
                if exception.kind == .unexplained, known.contains(recording) { complain("audit says of \(exception.what): \(exception.cause)") }
            } else if !isExpected(exception.kind, aboutEvents: isAboutEvents, life) {
                complain("audit says of \(exception.what): \(exception.cause)")
            }
        }
    }

    /// Whether an audit may name numbers that no recording of the ledger has.
    private func isExpected(_ kind: AuditReport.Exception.Kind, aboutEvents: Bool, _ life: CardTruth.Life) -> Bool {
        switch kind {
        case .waiting: false
        case .explained: !aboutEvents || life.isOver || !life.dropped.isEmpty
        // What the card had not listed when it was formatted, it never said anything of.
        case .unexplained: aboutEvents ? !life.dropped.isEmpty : life.isOver
        }
    }

    private mutating func judgeFiles(_ gateway: WorldGateway, expected: Set<String>, optional: Set<String>, held: Set<[UInt8]>) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: gateway.recordings.path)) ?? []
        let present = Set(names).subtracting(["lost+found"])
        for name in present.subtracting(expected).subtracting(optional).sorted() { complain("\(gateway.name) has a file too many: \(name)") }
        for name in expected.subtracting(present).sorted() { complain("\(gateway.name) has no file \(name)") }
        // A second copy that was not needed in the end may lie there, or a part of it.
        let lost = (try? FileManager.default.contentsOfDirectory(atPath: gateway.recordings.appending(path: "lost+found").path)) ?? []
        for name in lost.sorted() {
            let bytes = (try? Data(contentsOf: gateway.recordings.appending(path: "lost+found/\(name)"))).map { Array($0) }
            if bytes.map({ part in !held.contains { $0.starts(with: part) } }) ?? true { complain("\(gateway.name) set aside \(name)") }
        }
    }

    private mutating func note(_ text: String) {
        for byte in text.utf8 { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
}

extension EventInfo {
    /// Whether it is that event, which had its number after another.
    fileprivate func isAgain(_ event: CardEvent, _ generation: Generation) -> Bool {
        number == nil && raw == event.time && key?.hasPrefix("\(generation.eventKey(event.number))+") ?? false
    }
}
