internal import Synchronization

/// The bounded hand-over of one discovery: the newest advertisement of each peer waits until it is taken.
package final class AdvertisementStream: Sendable {
    /// How many peers may wait. An office has tens of cards; strangers cost at most this many entries.
    package static let capacity = 256

    private struct State {
        var waiting: [DeviceAddress: Advertisement] = [:]
        var order: [DeviceAddress] = []
        var dropped = 0
        var end: GATTError?
        var consumer: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Advertisements of peers that found no room, for a metric.
    package var dropped: Int { state.withLock(\.dropped) }

    /// Producer: replaces what waits of the same peer, or adds it.
    package func put(_ advertisement: Advertisement) {
        resume { state in
            guard state.end == nil else { return }
            if state.waiting.updateValue(advertisement, forKey: advertisement.peer) != nil { return }
            if state.order.count < Self.capacity {
                state.order.append(advertisement.peer)
            } else {
                state.waiting[advertisement.peer] = nil
                state.dropped += 1
            }
        }
    }

    /// Producer: discovery is over. The first end counts.
    package func end(_ error: GATTError) {
        resume { if $0.end == nil { $0.end = error } }
    }

    /// Consumer: the advertisement that waits longest; waits for one. Throws the stream's end, or `CancellationError`.
    /// One consumer at a time.
    package func next() async throws -> Advertisement {
        while true {
            try Task.checkCancellation()
            let (found, end) = state.withLock { state -> (Advertisement?, GATTError?) in
                guard !state.order.isEmpty else { return (nil, state.end) }
                return (state.waiting.removeValue(forKey: state.order.removeFirst()), nil)
            }
            if let found { return found }
            if let end { throw end }
            await wait()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    guard state.order.isEmpty, state.end == nil, !Task.isCancelled else { return true }
                    state.consumer = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            resume { _ in }
        }
    }

    private func resume(_ change: (inout State) -> Void) {
        let consumer = state.withLock { state in
            change(&state)
            let consumer = state.consumer
            state.consumer = nil
            return consumer
        }
        consumer?.resume()
    }
}
