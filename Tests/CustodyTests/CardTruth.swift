import Crypto
import Recordings
import SoftwareCard
import Synchronization

/// The true history of one card: everything that its vault ever made durable, kept by the test beside it. Nothing of it goes when
/// the card forgets.
final class CardTruth: Sendable {
    struct Recording: Sendable {
        var bytes: [UInt8] = []
        /// As the card holds it, or held it last.
        var state: HeldRecording.State
        var digest: Recordings.SHA256Digest?
        /// Every state that it was ever in, in their order.
        var states: [HeldRecording.State] = []
    }

    /// One life of the card's storage.
    struct Life: Sendable {
        let generation: UInt32
        var recordings: [UInt32: Recording] = [:]
        var events: [UInt32: CardEvent] = [:]
        var acknowledged: UInt32 = 0
        var lastEvent: UInt32 = 0
    }

    private let state = Mutex<[Life]>([])

    /// The oldest first.
    var lives: [Life] { state.withLock { $0 } }

    func life(_ generation: UInt32) -> Life? { state.withLock { $0.first { $0.generation == generation } } }

    fileprivate func note(_ change: VaultChange) throws {
        let snapshot = try CardSnapshot(change.snapshot)
        state.withLock { lives in
            if !lives.contains(where: { $0.generation == snapshot.generation }) { lives.append(Life(generation: snapshot.generation)) }
            for append in change.appended {
                guard let life = lives.firstIndex(where: { $0.generation == append.object.generation }) else { continue }
                let known = lives[life].recordings[append.object.number]?.bytes ?? []
                lives[life].recordings[append.object.number, default: Recording(state: .inProgress)].bytes =
                    known.prefix(append.offset) + Array(append.bytes)
            }
            guard let life = lives.firstIndex(where: { $0.generation == snapshot.generation }) else { return }
            for (recording, _) in snapshot.held {
                var known = lives[life].recordings[recording.number] ?? Recording(state: recording.state)
                known.state = recording.state
                known.digest = recording.digest ?? known.digest
                if known.states.last != recording.state { known.states.append(recording.state) }
                lives[life].recordings[recording.number] = known
            }
            for event in snapshot.events { lives[life].events[event.number] = event }
            lives[life].acknowledged = snapshot.lastAcknowledged
            lives[life].lastEvent = snapshot.lastEvent
        }
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
