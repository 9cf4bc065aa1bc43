internal import Glibc
internal import Synchronization

/// Sleeps on one event loop's timers, for a process that is to rest when nothing happens: to begin and to cancel a sleep wakes no thread, and sleeps
/// that may be late end together.
///
/// Its instants are boot time. A machine that was suspended meanwhile may wake a sleeper later, by as long as it was suspended; never earlier.
package struct LoopClock: Clock {
    package struct Instant: InstantProtocol {
        fileprivate let offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    /// What sleeps that may be late are put off to: multiples of these on a scale that all of the process share, the coarsest that is allowed.
    private static let grid: [Duration] = [.seconds(60), .seconds(15), .seconds(5), .seconds(1), .milliseconds(250)]

    private let loop: EventLoopThread

    package init(on loop: EventLoopThread) { self.loop = loop }

    package var now: Instant { Instant(offset: .nanoseconds(Int64(clamping: EventLoop.now(of: CLOCK_BOOTTIME)))) }
    package var minimumResolution: Duration { .milliseconds(1) }

    /// - Parameter tolerance: how much later it may end.
    /// - Throws: `CancellationError`, at once when the task is cancelled.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let deadline = Instant(offset: Self.shared(deadline.offset, tolerance ?? .zero))
        while true {
            try Task.checkCancellation()
            let rest = now.duration(to: deadline)
            guard rest > .zero else { return }
            await nap(rest)
        }
    }

    /// When a sleep ends that may be late: at a moment that others choose as well, or at its deadline when there is none in time.
    package static func shared(_ deadline: Duration, _ tolerance: Duration) -> Duration {
        for step in grid where step <= tolerance * 2 {
            let rest = nanoseconds(deadline) % nanoseconds(step)
            let late = rest == 0 ? Duration.zero : step - .nanoseconds(rest)
            if late <= tolerance { return deadline + late }
        }
        return deadline
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ attoseconds / 1_000_000_000
    }

    private func nap(_ time: Duration) async {
        let sleeper = Mutex(Sleeper.before)
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = sleeper.withLock { sleeper in
                    guard case .before = sleeper else { return true }
                    sleeper = .asleep(continuation, nil)
                    return false
                }
                if isOver { return continuation.resume() }
                let timer = loop.schedule(after: time) { sleeper.withLock { $0.end() }?.continuation.resume() }
                let isAsleep = sleeper.withLock { sleeper in
                    guard case .asleep(let continuation, _) = sleeper else { return false }
                    sleeper = .asleep(continuation, timer)
                    return true
                }
                if !isAsleep { loop.cancel(timer) }
            }
        } onCancel: {
            guard let (continuation, timer) = sleeper.withLock({ $0.end() }) else { return }
            if let timer { loop.cancel(timer) }
            continuation.resume()
        }
    }

    private enum Sleeper {
        case before
        case asleep(CheckedContinuation<Void, Never>, EventLoopThread.TimerID?)
        case over

        mutating func end() -> (continuation: CheckedContinuation<Void, Never>, timer: EventLoopThread.TimerID?)? {
            defer { self = .over }
            guard case .asleep(let continuation, let timer) = self else { return nil }
            return (continuation, timer)
        }
    }
}
