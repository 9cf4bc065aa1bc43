package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Tells the service manager that the process is alive for as long as each of its loops is seen to turn. Runs until graceful shutdown.
package struct Watchdog: Service {
    /// One loop that must turn.
    package struct Loop: Sendable {
        let name: String
        let turn: @Sendable () async throws -> Void
        let call: @Sendable () -> String?

        /// - Parameters:
        ///   - turn: returns once the loop has turned; may wait for long, but not for what may never come.
        ///   - call: the system call in which the loop's thread waits for the disk now, if it does.
        package init(_ name: String, call: @escaping @Sendable () -> String? = { nil }, turn: @escaping @Sendable () async throws -> Void) {
            self.name = name
            self.turn = turn
            self.call = call
        }
    }

    private let loops: [Loop]
    private let period: Duration?
    private let clock: any Clock<Duration>
    private let alive: @Sendable () -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - period: within which the manager wants a sign of life; nil: none is wanted.
    ///   - alive: gives it.
    package init(
        _ loops: [Loop], period: Duration? = ServiceManager.watchdogPeriod, clock: any Clock<Duration>,
        alive: @escaping @Sendable () -> Void = ServiceManager.alive, logger: Logger
    ) {
        self.loops = loops
        self.period = period
        self.clock = clock
        self.alive = alive
        self.logger = logger
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown { try await self.watch() }
    }

    /// The same until the task is cancelled.
    package func watch() async throws {
        guard let period else { return try await gracefulShutdown() }
        try await watch(within: period, clock)
    }

    /// Each looks five times in a period or, to wake with the others, four.
    private func watch<C: Clock>(within period: Duration, _ clock: C) async throws where C.Duration == Duration {
        let start = clock.now
        let pulses = Shared(LoopPulses(period: period, loops: loops.map(\.name), now: .zero))
        try await withThrowingDiscardingTaskGroup { group in
            for (position, loop) in loops.enumerated() {
                group.addTask {
                    while true {
                        try await loop.turn()
                        pulses.state.withLock { $0.turned(position, at: start.duration(to: clock.now)) }
                        try await clock.sleep(for: period / 5, tolerance: period / 15)
                    }
                }
            }
            while true {
                let now = start.duration(to: clock.now)
                judge(pulses.state.withLock { pulses in pulses.verdict(at: now) { loops[$0].call() } })
                try await clock.sleep(for: period / 5, tolerance: period / 15)
            }
        }
    }

    private func judge(_ verdict: LoopPulses.Verdict) {
        switch verdict {
        case .alive: alive()
        case .excused(let loop, let call):
            logger.warning("A loop waits for the disk; excused once", metadata: ["loop": "\(loop)", "call": "\(call)"])
            alive()
        case .late(let loop, let time):
            logger.critical("A loop does not turn; the service manager will end this process", metadata: ["loop": "\(loop)", "for": "\(time)"])
        }
    }

    private final class Shared: Sendable {
        let state: Mutex<LoopPulses>
        init(_ pulses: LoopPulses) { state = Mutex(pulses) }
    }
}
