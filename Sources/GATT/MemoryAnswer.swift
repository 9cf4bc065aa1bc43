/// A value that comes once: the answer to a request on a link in memory. The first outcome counts.
final class MemoryAnswer<Value: Sendable>: Sendable {
    private let outcome = WaitableState<Result<Value, any Error>?>(nil)

    func succeed(_ value: Value) {
        outcome.change { if $0 == nil { $0 = .success(value) } }
    }

    func fail(_ error: any Error) {
        outcome.change { if $0 == nil { $0 = .failure(error) } }
    }

    /// Waits for the outcome; ends early by throwing `CancellationError`.
    func value() async throws -> Value {
        try await outcome.when { $0 }.get()
    }
}
