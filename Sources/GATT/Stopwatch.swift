/// Time from an injected clock whose instants have no common type: what has passed since it was made, and sleeping.
package struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration
    private let sleep: @Sendable (Duration, Duration?) async throws -> Void

    package init(_ clock: any Clock<Duration>) {
        (read, sleep) = Self.calls(of: clock)
    }

    /// Since this value was made.
    package var elapsed: Duration { read() }

    /// Ends early by throwing `CancellationError` when the task is cancelled.
    ///
    /// - Parameter tolerance: how much later it may end, so that others are woken at the same time.
    package func sleep(for duration: Duration, tolerance: Duration? = nil) async throws { try await sleep(elapsed + duration, tolerance) }

    /// Sleeps until so much has passed since this value was made. Ends early by throwing `CancellationError` when the task is cancelled.
    package func sleep(until elapsed: Duration) async throws { try await sleep(elapsed, nil) }

    private static func calls<C: Clock>(
        of clock: C
    ) -> (@Sendable () -> Duration, @Sendable (Duration, Duration?) async throws -> Void) where C.Duration == Duration {
        let start = clock.now
        return ({ start.duration(to: clock.now) }, { try await clock.sleep(until: start.advanced(by: $0), tolerance: $1) })
    }
}
