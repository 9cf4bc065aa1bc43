internal import EventLoop

/// Opens the folders on the blocking thread.
actor FolderOpener {
    private let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(executor: any SerialExecutor) { self.executor = executor }

    func open(_ root: String) throws -> StoreFolder {
        do { return try StoreFolder(root: root) } catch { throw StoreError.failed("\(error)") }
    }
}
