package import GATT

/// What goes wrong in the simulated bluetoothd and its controllers, by the names of `FailureClass`. Every fault counts its hits.
///
/// A fault that is armed so many times strikes the next so many times that its moment comes. Those of a controller that is no good any more
/// (deaf, stuck, hung) last until something mends it, so many times.
package final class HostFaults: Sendable {
    private struct State: Sendable {
        var armed: [FailureClass: Int] = [:]
        /// Faults that last and have been felt since they were last mended.
        var felt: Set<FailureClass> = []
        var hits: [FailureClass: Int] = [:]
    }

    private let state = WaitableState(State())

    package init() {}

    /// How often each has struck. Figures only rise.
    package var hits: [FailureClass: Int] { state.read(\.hits) }

    /// Faults that are armed and have not struck, or have not been mended.
    package var waiting: Int { state.read { $0.armed.values.reduce(0, +) } }

    func arm(_ failure: FailureClass, times: Int) { state.change { $0.armed[failure, default: 0] += max(1, times) } }

    func disarm(_ failure: FailureClass) {
        state.change {
            $0.armed[failure] = nil
            $0.felt.remove(failure)
        }
    }

    /// Counts one that was done at once.
    func count(_ failure: FailureClass) { state.change { $0.hits[failure, default: 0] += 1 } }

    // MARK: Where they strike

    /// Whether this fault strikes now; then it has done so.
    func strikes(_ failure: FailureClass) -> Bool {
        state.change { state in
            guard let left = state.armed[failure] else { return false }
            state.armed[failure] = left > 1 ? left - 1 : nil
            state.hits[failure, default: 0] += 1
            return true
        }
    }

    /// Whether this fault lasts. What feels it first counts as a hit.
    func lasts(_ failure: FailureClass) -> Bool {
        guard state.read({ $0.armed[failure] != nil }) else { return false }
        state.change { if $0.felt.insert(failure).inserted { $0.hits[failure, default: 0] += 1 } }
        return true
    }

    /// What was felt of these is over, once.
    func mend(_ failures: FailureClass...) {
        state.change { state in
            for failure in failures where state.felt.remove(failure) != nil {
                let left = state.armed[failure] ?? 1
                state.armed[failure] = left > 1 ? left - 1 : nil
            }
        }
    }

    /// Suspends until this fault lasts no more. Throws `CancellationError`.
    func untilMended(_ failure: FailureClass) async throws { try await state.when { $0.armed[failure] == nil ? () : nil } }
}
