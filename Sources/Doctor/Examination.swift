package import EventLoop

/// Looks at a machine and mends it. An actor on the blocking thread: the checks read files.
package actor Examination {
    private let machine: Machine
    private let executor: BlockingThread

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    package init(_ machine: Machine, executor: BlockingThread) {
        self.machine = machine
        self.executor = executor
    }

    package func look(_ check: Check) async -> Finding { await check.look(at: machine) }

    /// Takes the steps in order, up to the first that fails.
    ///
    /// - Returns: why one failed; nil when all were taken.
    package func mend(_ steps: [Mending]) async -> String? {
        for step in steps {
            if let reason = await step.take(on: machine) { return reason }
        }
        return nil
    }
}
