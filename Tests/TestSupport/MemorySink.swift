internal import Crypto
package import Recordings
internal import Synchronization

/// A sink in memory that is as durable as a disk: `crash()` loses what no checkpoint had made durable. It keeps its own order and
/// throws `misuse` when a session breaks it.
package final class MemorySink: RecordingSink {
    fileprivate struct Part {
        var digestPrefix: [UInt8]?
        var bytes: [UInt8] = []
        var durable = 0
        var proven = 0
    }

    fileprivate struct State {
        var generation: Generation?
        var isOpen = false
        var key: OwnerKey?
        var wasGiven = false
        var ownerOutcomes: [OwnerOutcome] = []
        var events: [CardEvent] = []
        var again: [CardEvent] = []
        var readings: [ClockReading] = []
        var parts: [UInt32: Part] = [:]
        /// Whole copies, the newest last.
        var copies: [UInt32: [[UInt8]]] = [:]
        var differing: [UInt32: [Recordings.SHA256Digest]] = [:]
        var calls: [Call] = []
        var former: [(events: [CardEvent], copies: [UInt32: [[UInt8]]])] = []
        var room = UInt64.max
        var mayRelease = true
        var holdsReleases = false
        var slowness: (@Sendable () async throws -> Void)?
        var report = Report()
    }

    /// What a session did, in its order.
    package enum Call: Hashable, Sendable {
        case open
        case noted(lastEvent: UInt32, acknowledged: UInt32)
        case committed(upTo: UInt32)
        case readLog(upTo: UInt32)
        case acknowledged(upTo: UInt32)
        case planned
        case began(UInt32, at: UInt64)
        case checkpoint(UInt32, UInt64, proven: Bool)
        case discarded(UInt32, backTo: UInt64)
        case hindered(UInt32, String)
        case sealed(UInt32, SealOutcome)
        case released(UInt32, ReleaseAnswer)
    }

    package struct Report: Hashable, Sendable {
        package var acknowledged: UInt32 = 0
        package var appended: UInt64 = 0
        /// The card confirmed the digest, or that it is gone.
        package var proven: Set<UInt32> = []
        /// Two copies agree with each other and not with the card.
        package var disputed: Set<UInt32> = []
        package var unreadable: Set<UInt32> = []
        package var releasedElsewhere: Set<UInt32> = []
    }

    private let state = Mutex(State())

    /// - Parameter wasGiven: the card was seen to have the key before.
    package init(ownerKey: OwnerKey? = nil, wasGiven: Bool = false) {
        state.withLock { state in
            state.key = ownerKey
            state.wasGiven = wasGiven
        }
    }

    package var report: Report { state.withLock(\.report) }
    package var calls: [Call] { state.withLock(\.calls) }
    package var events: [CardEvent] { state.withLock(\.events) }
    /// Other events under numbers that were held already.
    package var again: [CardEvent] { state.withLock(\.again) }
    package var readings: [ClockReading] { state.withLock(\.readings) }

    /// The copy that counts: the card's own, once it confirmed the digest.
    package func stored(_ recording: UInt32) -> [UInt8]? { state.withLock { $0.copies[recording]?.last } }
    /// What is held of the generations before, the oldest first; of each recording its copies.
    package var former: [(events: [CardEvent], copies: [UInt32: [[UInt8]]])] { state.withLock(\.former) }
    package func copies(_ recording: UInt32) -> Int { state.withLock { $0.copies[recording]?.count ?? 0 } }

    /// Bytes that may still be stored.
    package func setRoom(_ room: UInt64) { state.withLock { $0.room = room } }

    /// Runs before each append, as a slow disk would.
    package func setSlowness(_ slowness: (@Sendable () async throws -> Void)?) { state.withLock { $0.slowness = slowness } }

    /// Whether no plan has a RELEASE of what is held, as before a delivery.
    package func setHoldsReleases(_ holds: Bool) { state.withLock { $0.holdsReleases = holds } }

    /// Whether RELEASE may follow a seal at once; else it waits for the next plan, as for a delivery.
    package func setMayRelease(_ mayRelease: Bool) { state.withLock { $0.mayRelease = mayRelease } }

    /// The machine loses its power: only what is durable is there when the next session opens.
    package func crash() {
        state.withLock { state in
            state.isOpen = false
            state.parts = state.parts.mapValues { part in
                var part = part
                part.bytes = Array(part.bytes.prefix(part.durable))
                part.proven = min(part.proven, part.durable)
                return part
            }
        }
    }

    package func ownerKeys() async throws -> OwnerKeys? {
        state.withLock { state in state.key.map { OwnerKeys(proof: $0, current: $0, wasGiven: state.wasGiven) } }
    }

    package func owner(_ outcome: OwnerOutcome) async throws { state.withLock { $0.ownerOutcomes.append(outcome) } }

    /// What the card made of the owner key, in order.
    package var ownerOutcomes: [OwnerOutcome] { state.withLock(\.ownerOutcomes) }

    package func open(_ generation: Generation) async throws -> UInt32 {
        try state.withLock { state in
            if let paired = state.generation, paired.serial != generation.serial {
                throw CustodyError.serialRefused(paired: paired.serial, said: generation.serial)
            }
            if let before = state.generation, before != generation { state.format() }
            state.generation = generation
            state.isOpen = true
            state.calls.append(.open)
            return state.events.last?.number ?? 0
        }
    }

    package func note(lastEvent: UInt32, acknowledgedByAnyone: UInt32) async throws {
        try change { $0.calls.append(.noted(lastEvent: lastEvent, acknowledged: acknowledgedByAnyone)) }
    }

    package func mend(by reading: ClockReading) async throws { try change { $0.readings.append(reading) } }

    package func commit(events: [CardEvent], received: UTCTime) async throws -> UInt32 {
        try change { state in
            for event in events {
                if event.number > state.events.last?.number ?? 0 {
                    state.events.append(event)
                } else if !state.events.contains(event), !state.again.contains(event) {
                    state.again.append(event)
                }
            }
            let last = state.events.last?.number ?? 0
            state.calls.append(.committed(upTo: last))
            return last
        }
    }

    package func logWasRead(upTo lastEvent: UInt32) async throws { try change { $0.calls.append(.readLog(upTo: lastEvent)) } }

    package func acknowledged(upTo number: UInt32) async throws {
        try change { state in
            guard number <= state.events.last?.number ?? 0 else { throw CustodyError.misuse("Event \(number) was never committed.") }
            state.report.acknowledged = number
            state.calls.append(.acknowledged(upTo: number))
        }
    }

    package func plan(listed: [ListedRecording], released: [ListedRecording]) async throws -> [CustodyStep] {
        try change { state in
            state.calls.append(.planned)
            for entry in released where state.copies[entry.number] == nil { state.report.releasedElsewhere.insert(entry.number) }
            // The answer to our RELEASE was lost: said again.
            let again = try released.compactMap { entry -> CustodyStep? in
                guard !state.report.proven.contains(entry.number), let copy = state.copies[entry.number]?.last else { return nil }
                return .release(number: entry.number, digest: try Self.digest(of: copy), size: UInt64(copy.count))
            }
            return try again
                + listed.compactMap { entry -> CustodyStep? in
                    let report = state.report
                    guard entry.flags.contains(.complete), entry.flags.isDisjoint(with: [.deletedByUser, .lost]),
                        !report.proven.contains(entry.number), !report.disputed.contains(entry.number), !report.unreadable.contains(entry.number)
                    else { return nil }
                    guard let copy = state.copies[entry.number]?.last else { return .pull(entry) }
                    guard !state.holdsReleases else { return nil }
                    return .release(number: entry.number, digest: try Self.digest(of: copy), size: UInt64(copy.count))
                }
        }
    }

    package func begin(_ recording: ListedRecording) async throws -> UInt64 {
        try change { state in
            var part = state.parts[recording.number] ?? Part(digestPrefix: recording.digestPrefix)
            if part.digestPrefix != recording.digestPrefix || part.bytes.count > recording.size { part = Part(digestPrefix: recording.digestPrefix) }
            part.durable = part.bytes.count
            let needed = recording.size - UInt64(part.durable)
            guard needed <= state.room else { throw CustodyError.noRoom(needed: needed, free: state.room) }
            state.parts[recording.number] = part
            state.calls.append(.began(recording.number, at: UInt64(part.durable)))
            return UInt64(part.durable)
        }
    }

    package func append(_ bytes: [UInt8], to recording: UInt32) async throws {
        try await state.withLock(\.slowness)?()
        try change { state in
            guard state.parts[recording] != nil else { throw CustodyError.misuse("Nothing was begun for recording \(recording).") }
            state.parts[recording]?.bytes += bytes
            state.report.appended += UInt64(bytes.count)
        }
    }

    package func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64 {
        try change { state in
            guard var part = state.parts[recording] else { throw CustodyError.misuse("Nothing was begun for recording \(recording).") }
            part.durable = part.bytes.count
            if proven { part.proven = part.durable }
            state.parts[recording] = part
            state.calls.append(.checkpoint(recording, UInt64(part.durable), proven: proven))
            return UInt64(part.durable)
        }
    }

    package func discard(_ recording: UInt32, backTo offset: UInt64) async throws {
        try change { state in
            guard let count = state.parts[recording]?.bytes.count, offset <= count else {
                throw CustodyError.misuse("Recording \(recording) cannot go back to \(offset).")
            }
            state.cut(recording, to: Int(offset))
            state.calls.append(.discarded(recording, backTo: offset))
        }
    }

    package func hindered(_ recording: UInt32, because cause: String) async throws {
        try change { $0.calls.append(.hindered(recording, cause)) }
    }

    package func seal(_ recording: ListedRecording) async throws -> SealOutcome {
        try change { state in
            guard let part = state.parts[recording.number], part.bytes.count == recording.size else {
                throw CustodyError.misuse("Recording \(recording.number) is not whole.")
            }
            let digest = try Self.digest(of: part.bytes)
            var outcome = SealOutcome.stored(digest, mayRelease: state.mayRelease)
            if let prefix = recording.digestPrefix, prefix != digest.prefix {
                let before = state.differing[recording.number, default: []]
                state.differing[recording.number] = before + [digest]
                if before.contains(digest) {
                    state.report.disputed.insert(recording.number)
                    outcome = .setAside
                } else if before.count + 1 >= Limits.differingPulls {
                    state.report.unreadable.insert(recording.number)
                    outcome = .setAside
                } else {
                    let start = part.proven < part.bytes.count ? part.proven : 0
                    state.cut(recording.number, to: start)
                    outcome = .differs(resumeAt: UInt64(start))
                }
            } else {
                state.copies[recording.number, default: []].append(part.bytes)
                state.parts[recording.number] = nil
            }
            state.calls.append(.sealed(recording.number, outcome))
            return outcome
        }
    }

    package func released(_ recording: UInt32, answer: ReleaseAnswer) async throws -> ReleaseOutcome {
        try change { state in
            state.calls.append(.released(recording, answer))
            guard let copies = state.copies[recording] else { throw CustodyError.misuse("Recording \(recording) was never stored.") }
            switch answer {
            case .accepted, .gone: state.report.proven.insert(recording)
            case .refused: break
            case .digestDiffers:
                guard copies.count >= 2, copies[copies.count - 1] == copies[copies.count - 2] else { return .pullAgain }
                state.report.disputed.insert(recording)
            }
            return .done
        }
    }

    private func change<R: Sendable>(_ body: (inout State) throws -> R) throws -> R {
        try state.withLock { state in
            guard state.isOpen else { throw CustodyError.misuse("No session is open.") }
            return try body(&state)
        }
    }

    private static func digest(of bytes: [UInt8]) throws -> Recordings.SHA256Digest {
        guard let digest = Recordings.SHA256Digest(Array(SHA256.hash(data: bytes))) else { throw CustodyError.misuse("SHA-256 has 32 bytes.") }
        return digest
    }
}

extension MemorySink.State {
    /// Numbers count from 1 again: what is held of the generation before is held under that.
    fileprivate mutating func format() {
        let held = (calls, key, room, mayRelease, former + [(events, copies)])
        self = MemorySink.State()
        (calls, key, room, mayRelease, former) = held
    }

    fileprivate mutating func cut(_ recording: UInt32, to count: Int) {
        guard var part = parts[recording] else { return }
        part.bytes = Array(part.bytes.prefix(count))
        part.durable = min(part.durable, count)
        part.proven = min(part.proven, count)
        parts[recording] = part
    }
}
