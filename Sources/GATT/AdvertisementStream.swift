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

        mutating func takeFirst() -> Advertisement? { order.isEmpty ? nil : waiting.removeValue(forKey: order.removeFirst()) }
    }

    /// Whom advertisements go to, and what they are compared with.
    private struct HandOver {
        var take: (@Sendable (Advertisement) -> Void)?
        /// What was handed over last of each peer, of at most `capacity` of them; empty with repeats.
        var told: [DeviceAddress: Advertisement] = [:]

        func knows(_ advertisement: Advertisement) -> Bool { told[advertisement.peer]?.saysTheSame(as: advertisement) == true }

        mutating func remember(_ advertisement: Advertisement) {
            if told[advertisement.peer] != nil || told.count < AdvertisementStream.capacity { told[advertisement.peer] = advertisement }
        }
    }

    private let state = WaitableState(State())
    /// Locked before `state`, where both are.
    private let handedOver = Mutex(HandOver())

    private let repeats: Bool

    /// - Parameter repeats: whether an advertisement is handed over again that says the same as the last one of its peer.
    package init(repeats: Bool = true) { self.repeats = repeats }

    /// Advertisements of peers that found no room, for a metric.
    package var dropped: Int { state.read(\.dropped) }

    /// Producer: replaces what waits of the same peer, or adds it.
    package func put(_ advertisement: Advertisement) {
        let take = handedOver.withLock { handedOver -> (@Sendable (Advertisement) -> Void)? in
            // Looked at first, since a change wakes the consumer.
            let isNews = repeats || !handedOver.knows(advertisement) || state.read { $0.waiting[advertisement.peer] != nil }
            guard isNews else { return nil }
            guard let take = handedOver.take else {
                add(advertisement)
                return nil
            }
            if !repeats { handedOver.remember(advertisement) }
            return take
        }
        take?(advertisement)
    }

    private func add(_ advertisement: Advertisement) {
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
        let next = try await state.when { state in
            if let next = state.takeFirst() { return next }
            if let end = state.end { throw end }
            return nil
        }
        if !repeats { handedOver.withLock { $0.remember(next) } }
        return next
    }

    /// Consumer: from here on `take` is called with each advertisement by who brings it, on his thread, so that no task is woken for one that is no
    /// news. It must not wait. Throws the stream's end, or `CancellationError`; one call may then still be under way.
    package func handOver(to take: @escaping @Sendable (Advertisement) -> Void) async throws {
        let waiting = handedOver.withLock { handedOver in
            var waiting: [Advertisement] = []
            while let next = state.change({ $0.takeFirst() }) { waiting.append(next) }
            if !repeats { for advertisement in waiting { handedOver.remember(advertisement) } }
            handedOver.take = take
            return waiting
        }
        defer { handedOver.withLock { $0.take = nil } }
        for advertisement in waiting { take(advertisement) }
        try await state.when { state -> Void? in
            if let end = state.end { throw end }
            return nil
        }
    }
}
