internal import APIClient
internal import ArgumentParser
internal import Daemon
internal import FoundationEssentials
internal import Glibc

/// What every command that asks the gateway takes.
struct GatewayOptions: ParsableArguments {
    @Option(help: "The gateway's socket; else EARSHOT_SOCKET, else the one below EARSHOT_RUN.")
    var socket: String?

    @Flag(help: "One JSON object a line, with the API's own field names.")
    var json = false

    var report: Report { Report(isJSON: json) }

    /// The socket that changes things.
    var control: GatewayClient { client(.control) }

    /// A socket that this user may look through: read/ is for more people than control/.
    var look: GatewayClient {
        let places = Places(environment: ProcessInfo.processInfo.environment)
        let mayControl = unsafe access(places.socket(.control), W_OK) == 0 || access(places.socket(.read), W_OK) != 0
        return client(mayControl ? .control : .read)
    }

    private func client(_ kind: Places.Socket) -> GatewayClient {
        let environment = ProcessInfo.processInfo.environment
        let named = [socket, environment["EARSHOT_SOCKET"]].compactMap { $0 }.first { !$0.isEmpty }
        return GatewayClient(socket: named ?? Places(environment: environment).socket(kind))
    }
}
