internal import Synchronization

/// A vault that lives as long as the process: a card whose object was made anew with the same vault has rebooted.
package final class MemoryVault: CardVault {
    private struct State {
        var snapshot: [UInt8]?
        var objects: [ObjectID: [UInt8]] = [:]
        var commits = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How often something was made durable.
    package var commits: Int { state.withLock(\.commits) }

    package func loadSnapshot() async throws -> [UInt8]? { state.withLock(\.snapshot) }

    package func loadObject(_ id: ObjectID, size: Int) async throws -> [UInt8] {
        let bytes = state.withLock { $0.objects[id] } ?? []
        guard bytes.count >= size else {
            throw SoftwareCardError(.vaultDamaged, "Recording \(id.number) has \(bytes.count) bytes and should have \(size).")
        }
        return Array(bytes.prefix(size))
    }

    package func commit(_ change: VaultChange) async throws {
        state.withLock { state in
            for append in change.appended {
                state.objects[append.object] = (state.objects[append.object] ?? []).prefix(append.offset) + Array(append.bytes)
            }
            state.snapshot = change.snapshot
            for id in change.erased { state.objects[id] = nil }
            state.commits += 1
        }
    }
}
