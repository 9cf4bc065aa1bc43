internal import GATT

/// A clock that stands still until a test moves it on: sleepers whose time has come then go on.
package final class ManualClock: Clock {
    package struct Instant: InstantProtocol {
        let offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private let elapsed = WaitableState(Duration.zero)

    package init() {}

    package var now: Instant { Instant(offset: elapsed.read { $0 }) }
    package var minimumResolution: Duration { .nanoseconds(1) }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await elapsed.when { $0 >= deadline.offset ? () : nil }
    }

    package func advance(by duration: Duration) { elapsed.change { $0 += duration } }
}
