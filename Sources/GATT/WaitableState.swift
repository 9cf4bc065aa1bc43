internal import Synchronization

/// A value behind a lock that tasks can wait on: queues, answers and gates of the in-memory radio and the software card are made of it.
///
/// Waiters are woken in the order in which they came, so that one history on one executor is always the same history.
package final class WaitableState<State: Sendable>: Sendable {
    private struct Guarded {
        var state: State
        var version: UInt64 = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextID: UInt64 = 0
    }

    private let guarded: Mutex<Guarded>

    package init(_ state: State) {
        guarded = Mutex(Guarded(state: state))
    }

    /// Looks at the state. `look` runs under the lock: it neither waits nor calls foreign code.
    package func read<R: Sendable>(_ look: (State) -> R) -> R {
        guarded.withLock { look($0.state) }
    }

    /// Changes the state and wakes everybody who waits. `change` runs under the lock: it neither waits nor calls foreign code.
    @discardableResult
    package func change<R: Sendable>(_ change: (inout State) throws -> R) rethrows -> R {
        let (result, waiters) = try guarded.withLock { guarded in
            let result = try change(&guarded.state)
            return (result, Self.wake(&guarded))
        }
        for waiter in waiters { waiter.resume() }
        return result
    }

    /// Waits until `attempt` returns a value, which it may take out of the state; an attempt that returns nil changes nothing.
    /// Throws what `attempt` throws, and `CancellationError` when the task is cancelled.
    package func when<R: Sendable>(_ attempt: (inout State) throws -> R?) async throws -> R {
        while true {
            try Task.checkCancellation()
            let (result, version, waiters) = try guarded.withLock { guarded in
                let result = try attempt(&guarded.state)
                return (result, guarded.version, result == nil ? [] : Self.wake(&guarded))
            }
            for waiter in waiters { waiter.resume() }
            if let result { return result }
            await wait(beyond: version)
        }
    }

    private func wait(beyond version: UInt64) async {
        let id = guarded.withLock { guarded in
            guarded.nextID += 1
            return guarded.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = guarded.withLock { guarded in
                    guard guarded.version == version, !Task.isCancelled else { return true }
                    guarded.waiters.append((id, continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = guarded.withLock { guarded in
                guarded.waiters.firstIndex { $0.id == id }.map { guarded.waiters.remove(at: $0).continuation }
            }
            waiter?.resume()
        }
    }

    private static func wake(_ guarded: inout Guarded) -> [CheckedContinuation<Void, Never>] {
        guarded.version &+= 1
        let waiters = guarded.waiters.map(\.continuation)
        guarded.waiters.removeAll()
        return waiters
    }
}
