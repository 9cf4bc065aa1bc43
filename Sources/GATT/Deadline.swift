/// Runs `operation` for at most `limit`, then cancels it and returns nil.
///
/// For waits that end when they are cancelled (a stream's `next`, a sleep). A D-Bus call or a connection takes its
/// deadline as a parameter instead, since its answer may come after the wait for it was given up.
///
/// - Parameter tolerance: how much later it may be given up, so that others are woken at the same time.
package func withDeadline<R: Sendable>(
    _ limit: Duration, tolerance: Duration? = nil, clock: any Clock<Duration>, _ operation: @escaping @Sendable () async throws -> R
) async throws -> R? {
    try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await clock.sleep(for: limit, tolerance: tolerance)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
