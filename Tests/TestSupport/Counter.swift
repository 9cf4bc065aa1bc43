import GATT

/// Counts what tests observe.
package final class Counter: Sendable {
    private let state = WaitableState(0)

    package init() {}

    package var value: Int { state.read { $0 } }
    package func increment(by count: Int = 1) { state.change { $0 += count } }

    /// Waits until the count is reached. Returns early when the task is cancelled.
    package func reach(_ count: Int) async { try? await state.when { $0 >= count ? () : nil } }
}
