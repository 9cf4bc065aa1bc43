internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
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
                // The folders of the others decide who comes at all.
                let users = door == .agents ? UserConnections() : nil
                let responder = GatewayResponder(door: door, backend: backend, tokens: tokens, handlers: handlers)
                // Not an `Application`: each of these wakes the process every second for the sake of its Date field.
                let configuration = HTTP1Channel.Configuration(
                    additionalChannelHandlers: Self.handlers(stall, users), idleTimeout: ServerLimits.idle)
                let server = try HTTPServerBuilder { responder in
                    ServedConnections(http: HTTP1Channel(responder: responder, configuration: configuration))
                }.buildServer(
                    configuration: ServerConfiguration(
                        address: .unixDomainSocket(path: path), serverName: nil,
                        availableConnectionsDelegate: MaximumAvailableConnections(ServerLimits.connections)),
                    eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: backend.logger
                ) { request, writer, channel in
                    let response = await responder.respond(to: request, over: channel)
                    try await writer.write(response: response.head, body: response.body)
                } onServerRunning: { _ in
                    await isReady(door)
                }
                group.addTask { try await server.run() }
            }
            try await group.waitForAll()
        }
    }

    private static func handlers(_ stall: Duration, _ users: UserConnections?) -> [any RemovableChannelHandler] {
        [IdleStateHandler(allTimeout: TimeAmount(stall)), StallHandler()] + (users.map { [UserConnectionHandler($0)] } ?? [])
    }
}
