import SoftwareCard
import Synchronization

/// What a card keeps without power, as a value.
struct CardState: Sendable {
    var snapshot: [UInt8]?
    var objects: [ObjectID: [UInt8]] = [:]
}

/// A vault in memory that says what it keeps after each commit.
final class TracedVault: CardVault {
    private let state: Mutex<CardState>
    private let committed: @Sendable (CardState) -> Void

    init(_ state: CardState, committed: @escaping @Sendable (CardState) -> Void) {
        self.state = Mutex(state)
        self.committed = committed
    }

    func loadSnapshot() async throws -> [UInt8]? { state.withLock(\.snapshot) }

    func loadObject(_ id: ObjectID, size: Int) async throws -> [UInt8] { Array((state.withLock { $0.objects[id] } ?? []).prefix(size)) }

    func commit(_ change: VaultChange) async throws {
        let now = state.withLock { state in
            for append in change.appended {
                state.objects[append.object] = (state.objects[append.object] ?? []).prefix(append.offset) + Array(append.bytes)
            }
            state.snapshot = change.snapshot
            for id in change.erased { state.objects[id] = nil }
            return state
        }
        committed(now)
    }
}
