/// The bounded hand-over of one discovery: the newest advertisement of each peer waits until it is taken.
package final class AdvertisementStream: Sendable {
    /// How many peers may wait. An office has tens of cards; strangers cost at most this many entries.
    package static let capacity = 256

    private struct State {
        var waiting: [DeviceAddress: Advertisement] = [:]
        var order: [DeviceAddress] = []
        /// What was handed over last of each peer, of at most `capacity` of them; empty with repeats.
        var told: [DeviceAddress: Advertisement] = [:]
        var dropped = 0
        var end: GATTError?
    }

    private let state = WaitableState(State())

    private let repeats: Bool

    /// - Parameter repeats: whether an advertisement is handed over again that says the same as the last one of its peer.
    package init(repeats: Bool = true) { self.repeats = repeats }

    /// Advertisements of peers that found no room, for a metric.
    package var dropped: Int { state.read(\.dropped) }

    /// Producer: replaces what waits of the same peer, or adds it.
    package func put(_ advertisement: Advertisement) {
        // Looked at first, since a change wakes the consumer.
        let isKnown =
            !repeats
            && state.read { state in
                state.waiting[advertisement.peer] == nil && state.told[advertisement.peer]?.saysTheSame(as: advertisement) == true
            }
        guard !isKnown else { return }
        state.change { state in
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
        state.change { if $0.end == nil { $0.end = error } }
    }

    /// Consumer: the advertisement that waits longest; waits for one. Throws the stream's end, or `CancellationError`.
    /// One consumer at a time.
    package func next() async throws -> Advertisement {
        try await state.when { state in
            guard !state.order.isEmpty else {
                if let end = state.end { throw end }
                return nil
            }
            let next = state.waiting.removeValue(forKey: state.order.removeFirst())
            if !repeats, let next, state.told[next.peer] != nil || state.told.count < Self.capacity { state.told[next.peer] = next }
            return next
        }
    }
}
