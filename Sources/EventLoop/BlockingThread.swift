internal import CLinux
internal import Synchronization

/// One thread that may wait in the kernel: the executor of the actors that use files and SQLite.
///
/// Jobs run one after another in the order in which they came. The thread lives as long as an actor, a job or a caller
/// holds this object.
package final class BlockingThread: SerialExecutor {
    private let jobs: JobQueue
    private let identity = ThreadIdentity()
    private let kernelID = Started()

    /// Starts the thread.
    package init(name: String) throws(SystemError) {
        let jobs = try JobQueue(blocking: true)
        self.jobs = jobs
        try startThread(name: name) { [identity, kernelID] in
            identity.becomeCurrent()
            kernelID.value.store(clinux_thread_id(), ordering: .relaxed)
            while !jobs.run() { jobs.waitForWake() }
        }
    }

    deinit { jobs.stop() }

    package func enqueue(_ job: consuming ExecutorJob) { jobs.add(UnownedJob(job), of: self) }
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }
    package func checkIsolated() { precondition(identity.isCurrent, "not on the blocking thread") }
    package func isIsolatingCurrentContext() -> Bool? { identity.isCurrent }

    /// Returns once the thread has taken up a job.
    package func turn() async { await Turn(executor: self).take() }

    /// The system call in which the thread waits for a disk at this moment; nil when it does not, or when the kernel does not tell.
    package var diskCall: String? {
        // "74 0x5 …", or "running" (proc(5)).
        var bytes = [UInt8](repeating: 0, count: 24)
        let path = "/proc/self/task/\(kernelID.value.load(ordering: .relaxed))/syscall"
        guard let count = try? DurableFile.open(path: path, .read).read(into: &bytes, at: 0),
            let words = String(validating: bytes[..<count], as: UTF8.self),
            let number = words.split(separator: " ").first.flatMap({ Int($0) }), let name = unsafe clinux_disk_call(number)
        else { return nil }
        return unsafe String(cString: name)
    }

    private final class Started: Sendable {
        let value = Atomic<Int32>(0)
    }

    private actor Turn {
        private let executor: BlockingThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

        init(executor: BlockingThread) { self.executor = executor }

        func take() {}
    }
}
