/// One after the other, in the order in which they came. For steps that end by themselves: a wait cannot be cancelled.
actor Turnstile {
    private let executor: any SerialExecutor
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(executor: any SerialExecutor) { self.executor = executor }

    /// Returns when it is the caller's turn, which `leave` ends.
    func enter() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        isTaken = false
    }
}
