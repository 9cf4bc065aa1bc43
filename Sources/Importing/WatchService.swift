internal import APIClient
internal import Daemon
internal import Logging
internal import ServiceLifecycle
internal import Workers

/// `earshot-import` as a unit: the watched folders side by side.
struct WatchService: Service {
    let watches: [FolderWatch]
    let logger: Logger

    func run() async throws {
        guard !watches.isEmpty else { return logger.notice("no folder is watched: earshot.toml has no [[import.watch]]") }
        for watch in watches {
            logger.info("folder watched", metadata: ["folder": "\(watch.settings.folder)", "then": "\(watch.settings.then.rawValue)"])
        }
        do {
            try await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for watch in watches { group.addTask { try await watch.run() } }
                    try await group.waitForAll()
                }
            }
        } catch is CancellationError { logger.info("folders are watched no more") }
    }
}
