import Synchronization

/// `Draws` for those who share them.
final class Random: Sendable {
    private let draws: Mutex<Draws>

    init(_ seed: UInt64) { draws = Mutex(Draws(seed)) }

    func next() -> UInt64 { draws.withLock { $0.next() } }
}
