internal import Daemon
internal import Logging
internal import ServiceLifecycle
internal import Workers

/// `earshot-import`
package enum WatchProgram {
    private static let usage = """
        earshot-import: imports what is put into the folders that earshot.toml names.

        USAGE: earshot-import [--settled SECONDS]

        Each [[import.watch]] names a folder. A file in it is imported once it did not change for a while, as "earshot import" does it; links, folders and
        what is hidden are left alone. Files stay as they are, or go to the folder "imported" below it. Without a watched folder it ends at once.

          --settled SECONDS   a file that did not change for so long is whole: 1 to 3600 (10)

        ENVIRONMENT
          EARSHOT_CONFIG        the configuration (/etc/earshot/earshot.toml)
          EARSHOT_SOCKET        the gateway's socket (/run/earshot/agents/api.sock)
          EARSHOT_TOKEN_FILE    a file with this program's token
          EARSHOT_LOG           trace, debug, info, notice, warning, error, critical (info)
        """

    package static func main() async -> Never {
        await WorkerProgram.main("earshot-import", usage: usage) { arguments, environment, logger in
            let settled = try Self.settled(arguments)
            let configuration = try Places(environment: environment).loadConfiguration()
            LocalTime.useZone(configuration.gateway.timeZone)
            let client = try WorkerPlace(environment: environment).client()
            let watches = try configuration.watchedFolders.map {
                FolderWatch(settings: $0, settled: settled, client: client, files: try FileThread(name: "import"), logger: logger)
            }
            return WatchService(watches: watches, logger: logger)
        }
    }

    private static func settled(_ arguments: [String]) throws -> Duration {
        guard !arguments.isEmpty else { return .seconds(10) }
        guard arguments.count == 2, arguments[0] == "--settled", let seconds = Int(arguments[1]), (1...3600).contains(seconds) else {
            throw WorkerProgram.UsageError("It takes --settled and 1 to 3600 seconds, and nothing else.")
        }
        return .seconds(seconds)
    }
}
