internal import APIServer
internal import Daemon
internal import EventLoop
internal import Glibc
internal import Logging
internal import Synchronization

/// Puts the metrics where node_exporter's textfile collector finds them, whole each time. An actor on the blocking thread.
actor MetricsFile {
    private static let pause: Duration = .seconds(12)
    /// So much later it may be, to wake with others.
    private static let tolerance: Duration = .seconds(3)

    private let metrics: @Sendable () async throws -> String
    private let path: @Sendable () async -> String?
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let executor: any SerialExecutor
    private var complaint = ""

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameter path: asked each time; nil: nothing is written.
    init(
        _ metrics: @escaping @Sendable () async throws -> String, path: @escaping @Sendable () async -> String?,
        clock: any Clock<Duration>, logger: Logger, executor: any SerialExecutor
    ) {
        self.metrics = metrics
        self.path = path
        self.clock = clock
        self.logger = logger
        self.executor = executor
    }

    /// Writes every 15 s until cancelled. What cannot be written is said once for each reason.
    func run() async throws {
        while true {
            if let path = await path() {
                do {
                    try Self.replace(path, with: try await metrics())
                    complaint = ""
                } catch let error where !(error is CancellationError) {
                    if complaint != "\(error)" {
                        logger.warning("The metrics cannot be written", metadata: ["path": "\(path)", "reason": "\(error)"])
                    }
                    complaint = "\(error)"
                }
            }
            try await clock.sleep(for: Self.pause, tolerance: Self.tolerance)
        }
    }

    /// A reader sees the old file or the new one. It is not made durable: after a power cut it is written anew.
    private static func replace(_ path: String, with text: String) throws {
        let parts = path.split(separator: "/")
        let name = parts.last.map(String.init) ?? ""
        let folder = try Directory.open(path: "/" + parts.dropLast().joined(separator: "/"))
        // node_exporter reads what ends in .prom.
        let temporary = name + ".new"
        try folder.unlink(temporary)
        let file = try folder.openFile(temporary, .createNew, permissions: 0o644)
        try file.write(Array(text.utf8), at: 0)
        // The umask of the unit is for recordings; this is for another user.
        _ = unsafe chmod(path + ".new", 0o644)
        try folder.rename(temporary, to: name)
    }
}
