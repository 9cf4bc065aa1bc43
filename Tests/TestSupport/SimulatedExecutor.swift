internal import Synchronization

/// Runs a whole world of tasks and actors on the calling thread: which ready job comes next is drawn by the seed, and time moves
/// only when nothing is ready. The same seed gives the same history.
///
/// Tasks reach it as their executor preference, which child tasks and actors without a thread of their own inherit; an actor that
/// owns a thread is given it as its serial executor.
package final class SimulatedExecutor: TaskExecutor, SerialExecutor {
    /// Nothing is ready and nobody sleeps, yet the world is not over: somebody waits for what never comes.
    package struct Stuck: Error {}

    /// So many jobs have run, and the world is still not over.
    package struct Endless: Error { package let jobs: Int }

    fileprivate struct Sleeper {
        let id: UInt64
        let until: Duration
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var ready: [UnownedJob] = []
        var random: UInt64
        var now: Duration = .zero
        var sleepers: [Sleeper] = []
        var lastID: UInt64 = 0
        var jobs = 0
        var history: UInt64 = 0xCBF2_9CE4_8422_2325
        var alarms: [Alarm] = []

        /// FNV-1a over everything that was decided.
        mutating func note(_ value: UInt64) { history = (history ^ value) &* 0x100_0000_01B3 }
    }

    fileprivate struct Alarm {
        let id: UInt64
        let jobs: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private let state: Mutex<State>

    package init(seed: UInt64) { state = Mutex(State(random: seed &* 0x9E37_79B9_7F4A_7C15 | 1)) }

    package var clock: SimulatedClock { SimulatedClock(executor: self) }

    package var now: Duration { state.withLock(\.now) }

    /// How many jobs have run: every place at which any task of the world waited is between two of them.
    package var jobs: Int { state.withLock(\.jobs) }

    /// Stands for everything that was decided so far: which job of how many came next, when time moved, and what was noted. Two
    /// runs with the same value went the same way.
    package var history: UInt64 { state.withLock(\.history) }

    /// Makes something that the world saw a part of its history.
    package func note(_ value: UInt64) { state.withLock { $0.note(value) } }

    /// Suspends until so many more jobs have run. Returns early when the task is cancelled.
    package func afterJobs(_ count: Int) async {
        let id = nextID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard count > 0, !Task.isCancelled else { return true }
                    state.alarms.append(Alarm(id: id, jobs: state.jobs + count, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let alarm = state.withLock { state in
                state.alarms.firstIndex { $0.id == id }.map { state.alarms.remove(at: $0).continuation }
            }
            alarm?.resume()
        }
    }

    private func nextID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }

    /// Runs `world` to its end. Everything that it starts has to end with it.
    ///
    /// - Parameter limit: more jobs than this are an error: `Endless`.
    package func run<R: Sendable>(atMost limit: Int = .max, _ world: @escaping @Sendable () async throws -> R) throws -> R {
        let result = Outcome<R>()
        // The one task that is not a child: it is the root, and this call does not return before it has ended.
        Task(executorPreference: self) {
            do { result.set(.success(try await world())) } catch { result.set(.failure(error)) }
        }
        while true {
            guard jobs < limit else { throw Endless(jobs: limit) }
            if let job = nextJob() {
                unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            } else if let outcome = result.value {
                return try outcome.get()
            } else if let sleeper = nextSleeper() {
                sleeper.resume()
            } else {
                throw Stuck()
            }
        }
    }

    private func nextJob() -> UnownedJob? {
        let (job, due) = state.withLock { state -> (UnownedJob?, [CheckedContinuation<Void, Never>]) in
            guard !state.ready.isEmpty else { return (nil, []) }
            state.random ^= state.random << 13
            state.random ^= state.random >> 7
            state.random ^= state.random << 17
            let position = Int(state.random % UInt64(state.ready.count))
            state.note(UInt64(state.ready.count) << 32 | UInt64(position))
            state.jobs += 1
            let job = state.ready.remove(at: position)
            guard !state.alarms.isEmpty else { return (job, []) }
            let due = state.alarms.filter { $0.jobs <= state.jobs }.map(\.continuation)
            state.alarms.removeAll { $0.jobs <= state.jobs }
            return (job, due)
        }
        for continuation in due { continuation.resume() }
        return job
    }

    private func nextSleeper() -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            guard let next = state.sleepers.indices.min(by: { state.sleepers[$0].order < state.sleepers[$1].order }) else { return nil }
            let sleeper = state.sleepers.remove(at: next)
            state.now = max(state.now, sleeper.until)
            state.note(UInt64(bitPattern: Int64(state.now / .nanoseconds(1))))
            return sleeper.continuation
        }
    }

    func sleep(until deadline: Duration) async throws {
        let id = nextID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.now < deadline, !Task.isCancelled else { return true }
                    state.sleepers.append(Sleeper(id: id, until: deadline, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0).continuation }
            }
            sleeper?.resume()
        }
        try Task.checkCancellation()
    }

    private final class Outcome<R: Sendable>: Sendable {
        private let state = Mutex<Result<R, any Error>?>(nil)
        var value: Result<R, any Error>? { state.withLock { $0 } }
        func set(_ result: Result<R, any Error>) { state.withLock { $0 = result } }
    }
}

extension SimulatedExecutor.Sleeper {
    fileprivate var order: (Duration, UInt64) { (until, id) }
}
