internal import Daemon
internal import Workers

/// `earshot-upload`
package enum UploadProgram {
    /// What is delivered to when nothing is configured.
    private static let standardFolder = "/srv/earshot"
    private static let usage = """
        earshot-upload: delivers recordings to the destination that earshot.toml names.

        USAGE: earshot-upload

        A destination of kind "folder" gets each recording as an Opus file, with a JSON file beside it that says what is known about it, and with a
        WAV file once it was decoded. Without any destination configured it is the folder \(standardFolder).

        ENVIRONMENT
          EARSHOT_CONFIG        the configuration (/etc/earshot/earshot.toml)
          EARSHOT_SOCKET        the gateway's socket (/run/earshot/agents/api.sock)
          EARSHOT_TOKEN_FILE    a file with this worker's token
          EARSHOT_LOG           trace, debug, info, notice, warning, error, critical (info)
        """

    package static func main() async -> Never {
        await WorkerProgram.main("earshot-upload", usage: usage) { arguments, environment, logger in
            guard arguments.isEmpty else { throw WorkerProgram.UsageError("earshot-upload takes no arguments.") }
            let configuration = try Places(environment: environment).loadConfiguration().completed(deliveredTo: standardFolder)
            LocalTime.useZone(configuration.gateway.timeZone)
            guard let (name, settings) = configuration.destinations.first, configuration.destinations.count == 1 else {
                throw WorkerProgram.UsageError(
                    "The configuration names \(configuration.destinations.count) destinations; this version delivers to one.")
            }
            let uploader = Uploader(try DestinationFolder(name, settings))
            return WorkerService(try WorkerPlace(environment: environment), queue: "upload", batch: 1, logger: logger) {
                try await uploader.work($0, $1)
            }
        }
    }
}
