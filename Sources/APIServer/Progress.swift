internal import Synchronization

/// Counts steps, for whoever watches whether anything moves.
final class Progress: Sendable {
    private let count = Atomic<Int>(0)

    var steps: Int { count.load(ordering: .relaxed) }

    func step() { count.add(1, ordering: .relaxed) }
}
