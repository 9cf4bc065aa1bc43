internal import Synchronization

/// Tells waiting readers that a commit touched their topic. Not durable and without content: who is woken reads the ledger.
package final class ChangeSignals: Sendable {
    private struct Waiter {
        let mark: ChangeMark
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var counts: [Topic: UInt64] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Taken before reading; a change behind it ends the wait at once.
    package func mark(_ topics: Topic...) -> ChangeMark { mark(topics) }

    package func mark(_ topics: [Topic]) -> ChangeMark {
        state.withLock { state in
            ChangeMark(counts: Dictionary(topics.map { ($0, state.counts[$0, default: 0]) }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Returns when a topic of the mark has changed since, or when the task is cancelled. Race it against a sleep for a deadline.
    package func wait(since mark: ChangeMark) async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    if Task.isCancelled || Self.hasChanged(mark, in: state) { return true }
                    state.waiters[id] = Waiter(mark: mark, continuation: continuation)
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// How many wait now.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Called behind every commit.
    func changed(_ topics: Set<Topic>) {
        guard !topics.isEmpty else { return }
        let woken = state.withLock { state in
            for topic in topics { state.counts[topic, default: 0] += 1 }
            let woken = state.waiters.filter { Self.hasChanged($0.value.mark, in: state) }.keys.sorted()
            return woken.compactMap { state.waiters.removeValue(forKey: $0)?.continuation }
        }
        for continuation in woken { continuation.resume() }
    }

    private static func hasChanged(_ mark: ChangeMark, in state: State) -> Bool {
        mark.counts.contains { state.counts[$0.key, default: 0] != $0.value }
    }
}
