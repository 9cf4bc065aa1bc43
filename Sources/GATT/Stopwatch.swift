/// Time from an injected clock whose instants have no common type: what has passed since it was made, and sleeping.
package struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration
    private let clock: any Clock<Duration>

    package init(_ clock: any Clock<Duration>) {
        self.clock = clock
        read = Self.reader(of: clock)
    }

    /// Since this value was made.
    package var elapsed: Duration { read() }

    /// Ends early by throwing `CancellationError` when the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        try await clock.sleep(for: duration)
    }

    private static func reader<C: Clock>(of clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
