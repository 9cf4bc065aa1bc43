internal import GATT

/// Wakes the one task that waits; a ring while nobody waits is kept.
final class Doorbell: Sendable {
    private let hasRung = WaitableState(false)

    func ring() { hasRung.change { $0 = true } }

    /// Suspends until it rings or the task is cancelled.
    func wait() async {
        _ = try? await hasRung.when { hasRung -> Void? in
            guard hasRung else { return nil }
            hasRung = false
            return ()
        }
    }
}
