internal import Synchronization

/// The bounded hand-over from the bus thread to one consumer.
package final class BoundedStream<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        var end: DBusError?
        var consumer: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many elements may wait; at least 1.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Adds an element. One more than the capacity ends the stream with `overflow`, after those that fit.
    func put(_ element: Element) {
        resume { state in
            guard state.end == nil else { return }
            if state.waiting.count < capacity {
                state.waiting.append(element)
            } else {
                state.end = DBusError(.overflow, "More than \(capacity) messages waited to be taken.")
            }
        }
    }

    /// No more elements come. What waits can still be taken. The first end counts.
    func end(_ error: DBusError) { resume { if $0.end == nil { $0.end = error } } }

    /// All elements that wait, in order, at least one; waits for the first. One consumer at a time.
    ///
    /// Throws the stream's end once everything before it was taken: `disconnected`, `overflow`; and `cancelled` when the
    /// task is cancelled.
    package func next() async throws(DBusError) -> [Element] {
        while true {
            if Task.isCancelled { throw DBusError(.cancelled, "Waiting for a signal was cancelled.") }
            let (elements, end) = state.withLock { state in
                let elements = state.waiting
                state.waiting.removeAll(keepingCapacity: elements.count < 1024)
                return (elements, state.end)
            }
            if !elements.isEmpty { return elements }
            if let end { throw end }
            await wait()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.waiting.isEmpty, state.end == nil, !Task.isCancelled else { return true }
                    state.consumer = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            resume { _ in }
        }
    }

    private func resume(_ change: (inout State) -> Void) {
        let consumer = state.withLock { state in
            change(&state)
            return state.consumer.take()
        }
        consumer?.resume()
    }
}

/// The signals of one subscription.
package typealias SignalStream = BoundedStream<DBusSignal>
