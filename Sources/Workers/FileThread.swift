package import EventLoop

/// Runs file calls and long computations of a worker on a thread that may wait: the cooperative pool never does.
package actor FileThread {
    private let thread: BlockingThread

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    package init(name: String = "files") throws(SystemError) { thread = try BlockingThread(name: name) }

    /// Runs `body`, one after the other in the order of the calls.
    package func perform<R: Sendable, E: Error>(_ body: @Sendable () throws(E) -> R) throws(E) -> R { try body() }
}
