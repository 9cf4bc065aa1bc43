internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// The API on its three Unix sockets, until it is asked to shut down.
package struct GatewayServer: Service {
    /// Twice the longest wait that may be asked for.
    package static let stall = Duration.seconds(120)

    private let backend: Backend
    private let sockets: [Door: String]
    private let tokens: TokenBook
    private let stall: Duration
    private let isReady: @Sendable (Door) async -> Void

    /// - Parameters:
    ///   - sockets: the path of each door's `api.sock`; its folder is there, with the permissions that decide who may connect. A stale
    ///     socket is removed first.
    ///   - tokens: for the agents' door.
    ///   - stall: a connection on which nothing moves for so long is ended, whatever is under way.
    ///   - isReady: called when a door listens.
    package init(
        backend: Backend, sockets: [Door: String], tokens: TokenBook, stall: Duration = GatewayServer.stall,
        isReady: @escaping @Sendable (Door) async -> Void = { _ in }
    ) {
        self.backend = backend
        self.sockets = sockets
        self.tokens = tokens
        self.stall = stall
        self.isReady = isReady
    }

    /// Serves until graceful shutdown: streams end, waits are answered with `stopping`, what is under way is finished.
    ///
    /// - Throws: when a socket cannot be bound.
    package func run() async throws {
        let handlers = HandlerTable(backend)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (door, path) in sockets {
                let application = Application(
                    responder: GatewayResponder(door: door, backend: backend, tokens: tokens, handlers: handlers),
                    server: .http1(
                        configuration: HTTP1Channel.Configuration(
                            additionalChannelHandlers: [IdleStateHandler(allTimeout: TimeAmount(stall)), StallHandler()],
                            idleTimeout: ServerLimits.idle)),
                    configuration: ApplicationConfiguration(
                        address: .unixDomainSocket(path: path), serverName: nil,
                        availableConnectionsDelegate: MaximumAvailableConnections(ServerLimits.connections)),
                    onServerRunning: { _ in await isReady(door) }, logger: backend.logger)
                group.addTask { try await application.run() }
            }
            try await group.waitForAll()
        }
    }
}
