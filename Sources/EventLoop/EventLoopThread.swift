internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that waits on epoll, runs the handlers of ready descriptors and due timers, and is a serial executor.
///
/// Nothing on it may wait: `blockingCalls` and `longestJob` tell when something did. The thread lives as long as an
/// actor, a job or a caller holds this object; watches and timers that are left then never fire.
package final class EventLoopThread: SerialExecutor {
    private let core: Core

    /// Starts the thread.
    package init(name: String) throws(SystemError) {
        let core = try Core()
        self.core = core
        try startThread(name: name) { core.run() }
    }

    deinit { core.jobs.stop() }

    package func enqueue(_ job: consuming ExecutorJob) { core.jobs.add(UnownedJob(job), of: self) }
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    package func checkIsolated() { precondition(core.identity.isCurrent, "not on the event loop's thread") }
    package func isIsolatingCurrentContext() -> Bool? { core.identity.isCurrent }

    /// Calls `handler` on the loop's thread whenever the descriptor is ready (level-triggered), until `unwatch`.
    ///
    /// Several watches of one open descriptor need a duplicate each. Callable from any thread. After `unwatch` on the
    /// loop's thread the handler does not run again; from elsewhere it may be running meanwhile.
    ///
    /// - Parameter fd: stays open until it is unwatched; the loop does not own it.
    package func watch(_ fd: Int32, for readiness: Readiness, _ handler: @escaping @Sendable (Readiness) -> Void) throws(SystemError) -> WatchID {
        try core.watch(fd, for: readiness, handler)
    }

    /// Changes what a watch waits for; hang-up and failure are always told.
    package func change(_ id: WatchID, to readiness: Readiness) throws(SystemError) {
        guard clinux_epoll_change(core.epoll, id.fd, readiness.events, id.number) == 0 else { throw SystemError("epoll_ctl") }
    }

    /// Ends a watch; a second time does nothing.
    package func unwatch(_ id: WatchID) { core.unwatch(id) }

    /// Calls `action` once on the loop's thread, `delay` from now or later. Callable from any thread.
    @discardableResult package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> TimerID {
        core.schedule(after: delay, action)
    }

    /// - Returns: whether the action will not run. On the loop's thread that is certain for a timer that did not fire.
    @discardableResult package func cancel(_ timer: TimerID) -> Bool { core.state.withLock { $0.timers.cancel(timer.number) } }

    /// Runs `action` on the loop's thread, after what is queued for it. Callable from any thread, in any context.
    package func run(_ action: @escaping @Sendable () -> Void) { schedule(after: .zero, action) }

    /// The most CPU time that one job, handler or timer of this thread has used.
    package var longestJob: Duration { .nanoseconds(Int64(clamping: core.longest.load(ordering: .relaxed))) }

    package struct WatchID: Hashable, Sendable {
        fileprivate let fd: Int32
        fileprivate let number: UInt64
    }

    package struct TimerID: Hashable, Sendable {
        fileprivate let number: UInt64
    }
}

extension EventLoopThread {
    /// What the thread itself holds, so that the executor can end while its thread runs.
    fileprivate final class Core: Sendable {
        struct State {
            var handlers: [UInt64: @Sendable (Readiness) -> Void] = [:]
            var timers = TimerHeap()
            var lastWatch: UInt64 = 0
            /// Until when the thread waits; 0 while it works, since it looks at the timers before it waits.
            var waitsUntil: UInt64 = 0
        }

        let jobs: JobQueue
        let identity = ThreadIdentity()
        let state = Mutex(State())
        let longest = Atomic<UInt64>(0)
        private let poll: Descriptor
        /// Valid as long as this object.
        let epoll: Int32

        init() throws(SystemError) {
            jobs = try JobQueue(blocking: false)
            let raw = clinux_epoll_create()
            guard raw >= 0 else { throw SystemError("epoll_create1") }
            poll = Descriptor(adopting: raw)
            epoll = raw
            guard jobs.withWakeDescriptor({ clinux_epoll_add(raw, $0, clinux_readable, 0) }) == 0 else { throw SystemError("epoll_ctl") }
        }

        func watch(_ fd: Int32, for readiness: Readiness, _ handler: @escaping @Sendable (Readiness) -> Void) throws(SystemError) -> WatchID {
            let number = state.withLock { state in
                state.lastWatch += 1
                state.handlers[state.lastWatch] = handler
                return state.lastWatch
            }
            guard clinux_epoll_add(epoll, fd, readiness.events, number) == 0 else {
                let error = SystemError("epoll_ctl")
                _ = state.withLock { $0.handlers.removeValue(forKey: number) }
                throw error
            }
            return WatchID(fd: fd, number: number)
        }

        func unwatch(_ id: WatchID) {
            let known = state.withLock { $0.handlers.removeValue(forKey: id.number) }
            if known != nil { _ = clinux_epoll_remove(epoll, id.fd) }
        }

        func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> TimerID {
            let deadline = monotonicNow().addingReportingOverflow(delay.clampedNanoseconds)
            let due = deadline.overflow ? .max : deadline.partialValue
            let (number, isLate) = state.withLock { state in
                let number = state.timers.add(at: due, action)
                defer { state.waitsUntil = min(state.waitsUntil, due) }
                return (number, due < state.waitsUntil)
            }
            if isLate { jobs.wake() }
            return TimerID(number: number)
        }

        func run() {
            identity.becomeCurrent()
            clinux_mark_loop_thread()
            var meter = CPUMeter()
            while true {
                if jobs.run(afterEach: { measure(&meter) }) { return }
                while let action = state.withLock({ $0.timers.takeDue(at: monotonicNow()) }) {
                    action()
                    measure(&meter)
                }
                handleReady(waiting: timeout(), &meter)
            }
        }

        /// Milliseconds until the next timer, rounded up; -1 without one. From here on the thread counts as waiting.
        private func timeout() -> Int32 {
            let next = state.withLock { state in
                let next = state.timers.next()
                state.waitsUntil = next ?? .max
                return next
            }
            guard let next else { return -1 }
            let now = monotonicNow()
            return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
        }

        private func handleReady(waiting milliseconds: Int32, _ meter: inout CPUMeter) {
            var ids: [64 of UInt64] = .init(repeating: 0)
            var events: [64 of UInt32] = .init(repeating: 0)
            var idSpan = ids.mutableSpan
            var eventSpan = events.mutableSpan
            let found = unsafe idSpan.withUnsafeMutableBufferPointer { ids in
                unsafe eventSpan.withUnsafeMutableBufferPointer { events in
                    unsafe clinux_epoll_wait(epoll, milliseconds, ids.baseAddress, events.baseAddress, 64)
                }
            }
            state.withLock { $0.waitsUntil = 0 }
            for position in 0..<max(0, Int(found)) {
                guard ids[position] != 0 else {
                    jobs.waitForWake()
                    continue
                }
                // Looked up each time: an earlier handler may have ended this watch.
                state.withLock { $0.handlers[ids[position]] }?(Readiness(events: events[position]))
                measure(&meter)
            }
        }

        private func measure(_ meter: inout CPUMeter) {
            let used = meter.lap()
            if used > longest.load(ordering: .relaxed) { longest.store(used, ordering: .relaxed) }
        }
    }
}
