internal import GatewayAPI
internal import NIOCore
internal import Synchronization

/// How many connections each user of the machine has at a door that all of them reach, so that no one takes them all.
final class UserConnections: Sendable {
    private let counts = Mutex<[UInt32: Int]>([:])

    /// - Returns: how many there are with this one.
    func open(by user: UInt32) -> Int {
        counts.withLock { counts in
            counts[user, default: 0] += 1
            return counts[user] ?? 0
        }
    }

    func close(by user: UInt32) {
        counts.withLock { counts in
            let rest = (counts[user] ?? 1) - 1
            counts[user] = rest > 0 ? rest : nil
        }
    }
}

/// Counts a connection for its user, as the kernel names him, and refuses one that is too many.
final class UserConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connections: UserConnections
    private var user: UInt32?

    init(_ connections: UserConnections) { self.connections = connections }

    func channelActive(context: ChannelHandlerContext) {
        // Of a socket of this machine it is known at once.
        PeerCredentials.asked(of: context.channel)?.assumeIsolated().whenSuccess { peer in
            self.user = peer.user
            let count = self.connections.open(by: peer.user)
            guard count > ServerLimits.userConnections else { return }
            guard count <= ServerLimits.userConnections + ServerLimits.refusals else { return context.close(promise: nil) }
            try? context.pipeline.syncOperations.addHandler(RefusalHandler(), position: .first)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let user { connections.close(by: user) }
        user = nil
        context.fireChannelInactive()
    }
}

/// Before all other handlers of a connection that is too many: answers whatever is asked first with why, and ends it; soon, if nothing is.
private final class RefusalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let patience = TimeAmount.seconds(2)

    private var hasAnswered = false

    func handlerAdded(context: ChannelHandlerContext) {
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        hasAnswered = true
        let problem = Problem(
            .busy, detail: "Your user has \(ServerLimits.userConnections) connections to this socket already.",
            fix: "Close some, or let several requests use one connection.")
        let body = (try? APIJSON.encode(problem)) ?? []
        var answer = ByteBuffer(
            string: """
                HTTP/1.1 \(problem.status) \(problem.title)\r
                Content-Type: \(Problem.mediaType)\r
                Content-Length: \(body.count)\r
                Connection: close\r
                \r\n
                """)
        answer.writeBytes(body)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        context.close(promise: nil)
    }
}
