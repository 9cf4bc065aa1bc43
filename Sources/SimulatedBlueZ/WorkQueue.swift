internal import GATT

/// Work that begins in one place and runs as a child task of `SimulatedBlueZHost.run()`: links, cards, what follows a reply.
final class WorkQueue: Sendable {
    typealias Work = @Sendable () async throws -> Void

    private let waiting = WaitableState<[Work]>([])

    /// Callable from any thread. What is added is at most one item for each link, card or operation under way.
    func add(_ work: @escaping Work) {
        waiting.change { $0.append(work) }
    }

    /// The next item, in the order in which they came. Throws `CancellationError`.
    func next() async throws -> Work {
        try await waiting.when { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
