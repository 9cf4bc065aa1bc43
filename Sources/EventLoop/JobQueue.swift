internal import CLinux
internal import Glibc
internal import Synchronization

/// Jobs on their way to one thread, with the eventfd that wakes it.
///
/// Each job keeps its executor alive until it has run, so an executor may end as soon as no actor and no job needs it.
final class JobQueue: Sendable {
    private struct State {
        var jobs: [(owner: any SerialExecutor, job: UnownedJob)] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let wakeUp: Descriptor

    /// - Parameter blocking: whether `waitForWake` waits.
    init(blocking: Bool) throws(SystemError) {
        let raw = clinux_eventfd(blocking ? 1 : 0)
        guard raw >= 0 else { throw SystemError("eventfd") }
        wakeUp = Descriptor(adopting: raw)
    }

    func withWakeDescriptor<R>(_ body: (Int32) throws -> R) rethrows -> R { try wakeUp.withRaw(body) }

    func add(_ job: UnownedJob, of owner: any SerialExecutor) {
        let wasEmpty = state.withLock { state in
            state.jobs.append((owner, job))
            return state.jobs.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Nobody can add any more; the thread ends when it has run what is there.
    func stop() {
        state.withLock { $0.isStopping = true }
        wake()
    }

    func wake() {
        var one: UInt64 = 1
        // It can fail only when the counter is full, and then the thread wakes all the same.
        wakeUp.withRaw { raw in _ = unsafe write(raw, &one, 8) }
    }

    /// Consumes what woke the thread; waits for it when the queue was made blocking.
    func waitForWake() {
        var count: UInt64 = 0
        wakeUp.withRaw { raw in _ = unsafe read(raw, &count, 8) }
    }

    /// Runs the jobs that are there, in order, on the calling thread; `afterEach` follows each of them.
    ///
    /// - Returns: whether the thread shall end.
    func run(afterEach: () -> Void = {}) -> Bool {
        let (jobs, isStopping) = state.withLock { state in
            let jobs = state.jobs
            state.jobs.removeAll(keepingCapacity: jobs.count < 256)
            return (jobs, state.isStopping)
        }
        for (owner, job) in jobs {
            unsafe job.runSynchronously(on: owner.asUnownedSerialExecutor())
            afterEach()
        }
        return isStopping && jobs.isEmpty
    }
}
