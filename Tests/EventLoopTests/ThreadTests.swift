import EventLoop
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ThreadTests {
    /// Lives on any executor, as the actors of the product do.
    actor Resident {
        private let executor: any SerialExecutor
        private var numbers: [Int] = []
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        init(executor: any SerialExecutor) { self.executor = executor }

        func add(_ number: Int) {
            executor.preconditionIsolated()
            numbers.append(number)
        }
        func sum() -> Int { numbers.reduce(0, +) }
        func readBootID() throws -> String { try BootClock.system().bootID }
    }

    @Test(arguments: [0, 1]) func actorsRunOnTheirThread(kind: Int) async throws {
        let executor: any SerialExecutor = try kind == 0 ? EventLoopThread(name: "test-loop") : BlockingThread(name: "test-blocking")
        let residents = (0..<4).map { _ in Resident(executor: executor) }
        await withTaskGroup { group in
            for number in 1...1000 { group.addTask { await residents[number % 4].add(number) } }
        }
        var sum = 0
        for resident in residents { sum += await resident.sum() }
        #expect(sum == 500_500)
        #expect(executor.isIsolatingCurrentContext() == false)
    }

    @Test func timersFireInTheOrderOfTheirDeadlines() async throws {
        let loop = try EventLoopThread(name: "test-timers")
        let fired = Mutex<[Int]>([])
        let count = Counter()
        let clock = ContinuousClock()
        let cancelled = (0..<100).map { number in
            loop.schedule(after: .seconds(3600 + number)) { Issue.record("was cancelled") }
        }
        // The deadline counts from some moment during `schedule`.
        var windows: [Int: ClosedRange<ContinuousClock.Instant>] = [:]
        for number in (0..<100).shuffled() {
            let delay = Duration.milliseconds(50 + number)
            let before = clock.now
            loop.schedule(after: delay) {
                fired.withLock { $0.append(number) }
                count.increment()
            }
            windows[number] = (before + delay)...(clock.now + delay)
        }
        for timer in cancelled { #expect(loop.cancel(timer)) }
        #expect(cancelled.first.map { loop.cancel($0) } == false)
        await count.reach(100)
        let order = fired.withLock { $0 }
        #expect(order.sorted() == Array(0..<100))
        for (first, second) in zip(order, order.dropFirst()) {
            guard let first = windows[first], let second = windows[second] else { continue }
            #expect(first.lowerBound <= second.upperBound)
        }
        loop.schedule(after: .seconds(-5)) { count.increment() }
        loop.schedule(after: .seconds(Int64.max)) { Issue.record("after 292 billion years") }
        await count.reach(101)
    }

    @Test func handlersRunWhileADescriptorIsReady() async throws {
        let loop = try EventLoopThread(name: "test-watch")
        var pair = try SeqpacketPair()
        guard let reader = pair.takeFirst(), let writer = pair.takeSecond() else { throw SystemError(code: 0, call: "no socket") }
        let wakes = Counter()
        let writable = Counter()
        let raw = reader.withRaw { $0 }
        let watch = Mutex<EventLoopThread.WatchID?>(nil)
        let id = try loop.watch(raw, for: .readable) { readiness in
            #expect(readiness.contains(.readable))
            loop.preconditionIsolated()
            wakes.increment()
            // Level-triggered: it goes on until somebody reads, or nobody watches.
            if wakes.value == 3, let id = watch.withLock({ $0 }) { loop.unwatch(id) }
        }
        watch.withLock { $0 = id }
        _ = try writer.send([1])
        await wakes.reach(3)
        let again = try loop.watch(raw, for: .writable) { _ in writable.increment() }
        await writable.reach(1)
        try loop.change(again, to: [])
        #expect(wakes.value == 3)
        loop.unwatch(again)
        loop.unwatch(again)
        #expect(throws: SystemError.self) { try loop.watch(-1, for: .readable) { _ in } }
    }

    @Test func waitingCallsOnALoopThreadAreCounted() async throws {
        let blocking = Resident(executor: try BlockingThread(name: "test-files"))
        let id = try await blocking.readBootID()
        #expect(id.count == 36)
        let before = BlockingCalls.onLoopThreads
        let loop = Resident(executor: try EventLoopThread(name: "test-wrong"))
        #expect(try await loop.readBootID() == id)
        #expect(BlockingCalls.onLoopThreads > before)
    }

    @Test func theLongestJobIsMeasured() async throws {
        let loop = try EventLoopThread(name: "test-busy")
        let done = Counter()
        loop.run {
            // CPU time of this very thread, so that a busy machine changes nothing.
            let start = ThreadTests.cpuTime()
            while ThreadTests.cpuTime() - start < 5_000_000 {}
            done.increment()
        }
        loop.run { done.increment() }
        await done.reach(2)
        #expect(loop.longestJob >= .milliseconds(5))
    }

    @Test func bootTimeGoesForward() throws {
        let clock = try BootClock.system()
        let first = clock.now()
        #expect(first > 0)
        #expect(clock.now() >= first)
        #expect(BootClock(bootID: "x") { 7 }.now() == 7)
    }

    private static func cpuTime() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
