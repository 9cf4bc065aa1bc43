import Crypto
import Recordings
import SoftwareCard
import Synchronization

/// The true history of one card: everything that its vault ever made durable, kept by the test beside it. Nothing of it goes when
/// the card forgets.
final class CardTruth: Sendable {
    struct Recording: Sendable {
        /// What it held, the newest last: a bad block changes it.
        var versions: [[UInt8]] = [[]]
        /// As the card holds it, or held it last.
        var state: HeldRecording.State
        var digest: Recordings.SHA256Digest?
        /// Every state that it was ever in, in their order.
        var states: [HeldRecording.State] = []

        var bytes: [UInt8] { versions[versions.count - 1] }

        fileprivate mutating func append(_ append: VaultChange.Append) {
            let kept = bytes.prefix(append.offset)
            // What grows is no other version.
            if append.offset < bytes.count { versions.append([]) }
            versions[versions.count - 1] = kept + Array(append.bytes)
        }
    }

    /// One life of the card's storage.
    struct Life: Sendable {
        let generation: UInt32
        var recordings: [UInt32: Recording] = [:]
        /// Released recordings whose numbers the card gave out once more.
        var earlier: [UInt32: [Recording]] = [:]
        var events: [UInt32: CardEvent] = [:]
        /// Events under numbers that were given out before.
        var again: [CardEvent] = []
        /// Events that the card dropped before anybody had acknowledged them.
        var dropped: Set<UInt32> = []
        /// The storage was formatted.
        var isOver = false
        var acknowledged: UInt32 = 0
        var lastEvent: UInt32 = 0

        /// Every recording that ever had a number, the oldest first.
        func all(_ number: UInt32) -> [Recording] { (earlier[number] ?? []) + (recordings[number].map { [$0] } ?? []) }

        /// Whether the card dropped the event that told where a recording went.
        func forgotTheEnd(of number: UInt32) -> Bool {
            dropped.contains { event in
                switch events[event]?.what {
                case .deletedByUser(number), .lost(number): true
                default: false
                }
            }
        }
    }

    private struct State {
        var lives: [Life] = []
        /// What the log held when it was last seen.
        var logged: [CardEvent] = []
    }

    private let state = Mutex(State())

    /// The oldest first.
    var lives: [Life] { state.withLock(\.lives) }

    /// Numbers of events that are in the log and that nobody acknowledged, in rising order.
    var waiting: [UInt32] {
        state.withLock { state in
            let acknowledged = state.lives.last?.acknowledged ?? 0
            return state.logged.map(\.number).filter { $0 > acknowledged }
        }
    }

    func life(_ generation: UInt32) -> Life? { state.withLock { $0.lives.first { $0.generation == generation } } }

    fileprivate func note(_ change: VaultChange) throws {
        let snapshot = try CardSnapshot(change.snapshot)
        state.withLock { state in
            if !state.lives.contains(where: { $0.generation == snapshot.generation }) {
                if !state.lives.isEmpty { state.lives[state.lives.count - 1].isOver = true }
                state.lives.append(Life(generation: snapshot.generation))
                state.logged = []
            }
            for append in change.appended {
                guard let life = state.lives.firstIndex(where: { $0.generation == append.object.generation }) else { continue }
                state.lives[life].take(append)
            }
            let life = state.lives.count - 1
            for recording in snapshot.held.map(\.recording) { state.lives[life].take(recording) }
            for event in snapshot.events { state.lives[life].take(event) }
            let present = Set(snapshot.events.map(\.number))
            for event in state.logged where event.number > snapshot.lastAcknowledged && !present.contains(event.number) {
                state.lives[life].dropped.insert(event.number)
            }
            // Acknowledged before anybody could see them: ACK_EVENTS names no generation, so one that crosses a formatting reaches the new log.
            let unseen = (0..<snapshot.lastAcknowledged).map { $0 + 1 }.filter { state.lives[life].events[$0] == nil }
            state.lives[life].dropped.formUnion(unseen)
            state.logged = snapshot.events
            state.lives[life].acknowledged = snapshot.lastAcknowledged
            state.lives[life].lastEvent = max(state.lives[life].lastEvent, snapshot.lastEvent)
        }
    }
}

extension CardTruth.Life {
    fileprivate mutating func take(_ append: VaultChange.Append) {
        let number = append.object.number
        if append.offset == 0, let known = recordings[number], known.state == .released {
            earlier[number, default: []].append(known)
            recordings[number] = nil
        }
        recordings[number, default: CardTruth.Recording(state: .inProgress)].append(append)
    }

    fileprivate mutating func take(_ recording: HeldRecording) {
        var known = recordings[recording.number] ?? CardTruth.Recording(state: recording.state)
        known.state = recording.state
        known.digest = recording.digest ?? known.digest
        if known.states.last != recording.state { known.states.append(recording.state) }
        recordings[recording.number] = known
    }

    fileprivate mutating func take(_ event: CardEvent) {
        guard let known = events[event.number] else {
            events[event.number] = event
            return
        }
        if known != event, !again.contains(event) { again.append(event) }
    }
}

/// A card's vault that tells the truth to the test.
struct WatchedVault: CardVault {
    let truth: CardTruth
    private let vault = MemoryVault()

    init(telling truth: CardTruth) { self.truth = truth }

    func loadSnapshot() async throws -> [UInt8]? { try await vault.loadSnapshot() }
    func loadObject(_ id: ObjectID, size: Int) async throws -> [UInt8] { try await vault.loadObject(id, size: size) }

    func commit(_ change: VaultChange) async throws {
        try await vault.commit(change)
        try truth.note(change)
    }
}
