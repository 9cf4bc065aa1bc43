import RecordingStore
import Synchronization

/// Ends the process's work behind a step, as a power cut would.
final class Cut: Sendable {
    struct Happened: Error {}
    private let step: Mutex<DurableStep?>

    init(behind step: DurableStep?) { self.step = Mutex(step) }

    var observer: StepObserver {
        { [self] step in
            let isNow = self.step.withLock { wanted in
                guard wanted == step else { return false }
                wanted = nil
                return true
            }
            if isNow { throw Happened() }
        }
    }

    /// From now on.
    func arm(behind next: DurableStep) { step.withLock { $0 = next } }

    var hasHappened: Bool { step.withLock { $0 == nil } }
}
