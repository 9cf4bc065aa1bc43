/// One thread that may wait in the kernel: the executor of the actors that use files and SQLite.
///
/// Jobs run one after another in the order in which they came. The thread lives as long as an actor, a job or a caller
/// holds this object.
package final class BlockingThread: SerialExecutor {
    private let jobs: JobQueue
    private let identity = ThreadIdentity()

    /// Starts the thread.
    package init(name: String) throws(SystemError) {
        let jobs = try JobQueue(blocking: true)
        self.jobs = jobs
        try startThread(name: name) { [identity] in
            identity.becomeCurrent()
            while !jobs.run() { jobs.waitForWake() }
        }
    }

    deinit { jobs.stop() }

    package func enqueue(_ job: consuming ExecutorJob) { jobs.add(UnownedJob(job), of: self) }
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    package func checkIsolated() { precondition(identity.isCurrent, "not on the blocking thread") }
    package func isIsolatingCurrentContext() -> Bool? { identity.isCurrent }
}
