import GATT

/// Holds up whoever passes until it is opened, and tells how many have come.
package final class Gate: Sendable {
    private let state = WaitableState((visitors: 0, isOpen: false))

    package init() {}

    /// Waits until the gate is open; throws `CancellationError` when the task is cancelled meanwhile.
    package func pass() async throws {
        state.change { $0.visitors += 1 }
        try await state.when { $0.isOpen ? () : nil }
    }

    package func open() { state.change { $0.isOpen = true } }

    /// Waits until so many have come in all, whether they passed or not. Returns early when the task is cancelled.
    package func waitForVisitors(_ count: Int) async {
        try? await state.when { $0.visitors >= count ? () : nil }
    }
}
