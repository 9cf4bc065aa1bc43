package import APIClient
internal import Daemon

/// Where a worker finds the gateway and its own token.
package struct WorkerPlace: Sendable {
    package let socket: String
    private let environment: [String: String]
    private let files: FileThread

    /// `EARSHOT_SOCKET`, else the agents' socket below `EARSHOT_RUN`; the token as `TokenFile` says, read again for each request. Without a
    /// readable one the gateway counts as not running: it makes the file when it starts.
    ///
    /// - Throws: `SystemError` without a thread.
    package init(environment: [String: String]) throws {
        socket = environment["EARSHOT_SOCKET"].flatMap { $0.isEmpty ? nil : $0 } ?? Places(environment: environment).socket(.agents)
        self.environment = environment
        files = try FileThread(name: "token")
    }

    /// The gateway, with the token that counts at each request.
    package func client() -> GatewayClient {
        GatewayClient(socket: socket) { [files, environment] in
            do {
                return try await files.perform { try TokenFile.read(environment: environment) }
            } catch {
                throw APIError(.noGateway, "The gateway has made no token for this worker yet.", cause: String(describing: error))
            }
        }
    }
}
