import Synchronization

/// Everything that may go wrong in a world, by the name under which its hits are counted.
enum Fault: String, CaseIterable, Sendable {
    case placeholder
}

/// How often each fault happened. Drawn is not enough: what never happened shows nothing.
final class Tally: Sendable {
    private let counts = Mutex<[Fault: Int]>([:])

    func hit(_ fault: Fault, _ count: Int = 1) {
        guard count > 0 else { return }
        counts.withLock { $0[fault, default: 0] += count }
    }

    var hits: [Fault: Int] { counts.withLock { $0 } }
}
