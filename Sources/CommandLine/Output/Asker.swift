internal import EventLoop

/// Asks a person at the terminal. On a thread of its own: a person may take an hour.
actor Asker {
    private let executor: BlockingThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(executor: BlockingThread) { self.executor = executor }

    /// Only `y` and `yes` are a yes; the end of the input is a no.
    func agrees(_ question: String) -> Bool {
        StandardStream.output.write(question)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
