import Crypto
import GATT
import Radio
import Recordings
import Synchronization

/// Mistakes that a driver, a store or a ledger could have, planted between driver and store: the oracle must find each.
enum PlantedBug: String, CaseIterable, Sendable, CustomStringConvertible {
    case releaseBeforeStored = "RELEASE before the recording is stored"
    case acknowledgeBeforeCommit = "ACK_EVENTS before the events are committed"
    case eventSkipped = "the first of several events is skipped"
    case batchTwice = "a batch of events is committed twice, a millisecond apart"
    case chunkTwice = "a value is taken twice, in the place of the next"
    case resumeFromStart = "a part is resumed with the bytes from 0"
    case digestUnchecked = "the digest in the list is not looked at"
    case answerForgotten = "the card's yes to RELEASE is not written down"
    case answerInverted = "the card's yes to RELEASE is taken for a no"
    case firstGeneration = "everything counts as the first generation seen"
    case deletionMistaken = "a deletion is taken for a storage fault"

    var description: String { rawValue }

    /// A gateway's parts with this mistake in them.
    var seams: Seams {
        let memory = Memory()
        return Seams(registry: { BuggyRegistry(registry: $0, bug: self, memory: memory) })
    }

    /// What the mistake remembers across sessions.
    fileprivate final class Memory: Sendable {
        private let generations = Mutex<[CardSerial: Generation]>([:])

        func first(_ generation: Generation) -> Generation {
            generations.withLock { known in
                let first = known[generation.serial] ?? generation
                known[generation.serial] = first
                return first
            }
        }
    }

    private struct BuggyRegistry: CardRegistry {
        let registry: any CardRegistry
        let bug: PlantedBug
        let memory: Memory

        func sink(for card: CardID) async throws -> any RecordingSink {
            BuggySink(sink: try await registry.sink(for: card), bug: bug, memory: memory)
        }

        func pairedCards() async throws -> [PairedCard] { try await registry.pairedCards() }
        func enrol(_ card: NewCard) async throws -> PairedCard { try await registry.enrol(card) }
        func bondIsForeign(of card: CardID) async throws { try await registry.bondIsForeign(of: card) }
        func mayEnrol(_ serial: CardSerial) async throws {}
        func ownerKeys(for serial: CardSerial) async throws -> OwnerKeys? { nil }
        func owner(_ outcome: OwnerOutcome, of serial: CardSerial) async throws {}
        func pairingFailed(with device: DeviceAddress, as name: String, because reason: String) async {}
        func screenEnded(_ name: String, result: CardActionResult) async throws { try await registry.screenEnded(name, result: result) }

        func waitingScreens(for card: CardID) async throws -> [(name: String, note: ScreenNote)] {
            try await registry.waitingScreens(for: card)
        }
    }
}

/// A sink with one mistake in it.
private final class BuggySink: RecordingSink {
    private struct State {
        /// What came of the recording that is being pulled, when all of it came in this session.
        var whole: [UInt8]?
        var chunks = 0
        var lastChunk: [UInt8] = []
        var waiting: (events: [CardEvent], received: UTCTime)?
    }

    private let sink: any RecordingSink
    private let bug: PlantedBug
    private let memory: PlantedBug.Memory
    private let state = Mutex(State())

    init(sink: any RecordingSink, bug: PlantedBug, memory: PlantedBug.Memory) {
        (self.sink, self.bug, self.memory) = (sink, bug, memory)
    }

    func ownerKeys() async throws -> OwnerKeys? { try await sink.ownerKeys() }
    func owner(_ outcome: OwnerOutcome) async throws { try await sink.owner(outcome) }

    func open(_ generation: Generation) async throws -> UInt32 {
        try await sink.open(bug == .firstGeneration ? memory.first(generation) : generation)
    }

    func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws {
        try await sink.note(lastEvent: lastEvent, acknowledgedByAnyone: acknowledgedByAnyone)
    }

    func logWasRead(upTo lastEvent: UInt32) async throws { try await sink.logWasRead(upTo: lastEvent) }

    func mend(by reading: ClockReading) async throws { try await sink.mend(by: reading) }

    func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32 {
        let last = events.last?.number ?? 0
        switch bug {
        case .acknowledgeBeforeCommit:
            state.withLock { $0.waiting = (events, received) }
            return last
        case .eventSkipped where events.count > 1:
            return try await sink.commit(events: Array(events.dropFirst()), received: received)
        case .batchTwice:
            _ = try await sink.commit(events: events, received: received)
            return try await sink.commit(events: events.map(\.aMillisecondLater), received: received)
        case .deletionMistaken: return try await sink.commit(events: events.map(\.asStorageFault), received: received)
        default: return try await sink.commit(events: events, received: received)
        }
    }

    func acknowledged(upTo number: UInt32) async throws {
        if let (events, received) = state.withLock({ $0.waiting.take() }) { _ = try await sink.commit(events: events, received: received) }
        try await sink.acknowledged(upTo: number)
    }

    func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep] {
        try await sink.plan(listed: listed.map(seen), released: released.map(seen))
    }

    /// An entry as the mistake sees it.
    private func seen(_ entry: ListedRecording) -> ListedRecording {
        var flags = entry.flags
        if bug == .deletionMistaken, flags.remove(.deletedByUser) != nil { flags.insert(.lost) }
        return ListedRecording(
            number: entry.number, size: entry.size, started: entry.started, durationMilliseconds: entry.durationMilliseconds, kind: entry.kind,
            marks: entry.marks, flags: flags, firstEvent: entry.firstEvent, digestPrefix: bug == .digestUnchecked ? nil : entry.digestPrefix)
    }

    func begin(_ recording: ListedRecording) async throws -> UInt64 {
        let offset = try await sink.begin(seen(recording))
        state.withLock { $0.whole = offset == 0 ? [] : nil }
        return bug == .resumeFromStart ? 0 : offset
    }

    func append(_ bytes: [UInt8], to recording: UInt32) async throws {
        let chunk = state.withLock { state -> [UInt8] in
            state.whole?.append(contentsOf: bytes)
            state.chunks += 1
            defer { state.lastChunk = bytes }
            return bug == .chunkTwice && state.chunks % 2 == 0 && state.lastChunk.count >= bytes.count
                ? Array(state.lastChunk.prefix(bytes.count)) : bytes
        }
        try await sink.append(chunk, to: recording)
    }

    func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64 { try await sink.checkpoint(recording, proven: proven) }

    func discard(_ recording: UInt32, backTo offset: UInt64) async throws {
        state.withLock { $0.whole = nil }
        try await sink.discard(recording, backTo: offset)
    }

    func hindered(_ recording: UInt32, because cause: String) async throws { try await sink.hindered(recording, because: cause) }

    func seal(_ recording: ListedRecording) async throws -> SealOutcome {
        if bug == .releaseBeforeStored, let whole = state.withLock({ $0.whole.take() }), whole.count == recording.size,
            let digest = Recordings.SHA256Digest(Array(SHA256.hash(data: whole)))
        {
            return .stored(digest, mayRelease: true)
        }
        return try await sink.seal(seen(recording))
    }

    func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome {
        switch (bug, answer) {
        case (.answerForgotten, .accepted): .done
        case (.answerInverted, .accepted): try await sink.released(recording, answer: .digestDiffers)
        default: try await sink.released(recording, answer: answer)
        }
    }
}

extension CardEvent {
    fileprivate var aMillisecondLater: CardEvent {
        let later: CardTime.Reading =
            switch time.reading {
            case .utc(let time): .utc(time.advanced(by: 1))
            case .sincePowerOn(let milliseconds): .sincePowerOn(milliseconds: milliseconds + 1)
            }
        return CardEvent(number: number, time: CardTime(later, boot: time.boot), what: what)
    }

    fileprivate var asStorageFault: CardEvent {
        guard case .deletedByUser(let recording) = what else { return self }
        return CardEvent(number: number, time: time, what: .lost(recording))
    }
}
