internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The gateway's API over one of its Unix sockets. Each request has a connection of its own: they are cheap on one machine, and
/// nothing of an earlier request can hold up a later one.
///
/// Every call ends within its `Patience` and when its task is cancelled, and throws `APIError` or `CancellationError`.
package struct GatewayClient: Sendable {
    /// The most that is read of an answer that is taken as a whole.
    package static let answerLimit = 32 << 20

    package let socket: String
    private let token: @Sendable () async throws -> String?

    /// - Parameters:
    ///   - socket: the path of `api.sock`.
    ///   - token: for the agents' socket.
    package init(socket: String, token: String? = nil) { self.init(socket: socket) { token } }

    /// - Parameter token: asked before each request: the gateway makes new tokens at each start.
    package init(socket: String, token: @escaping @Sendable () async throws -> String?) {
        self.socket = socket
        self.token = token
    }

    /// Sends the request and lends the answer's head and body.
    func exchange<R: Sendable>(
        _ request: APIRequest, _ read: @escaping @Sendable (HTTPResponseHead, inout AnswerBody) async throws -> R
    ) async throws -> R {
        switch request.patience {
        case .idle: return try await converse(request, read)
        case .total(let limit):
            return try await withThrowingTaskGroup(of: R.self) { group in
                group.addTask { try await converse(request, read) }
                group.addTask {
                    try await ContinuousClock().sleep(for: limit)
                    throw APIError(.timedOut, "The gateway did not answer \(request.method) \(request.path) within \(limit).")
                }
                defer { group.cancelAll() }
                guard let result = try await group.next() else { throw CancellationError() }
                return result
            }
        }
    }

    private func converse<R: Sendable>(
        _ request: APIRequest, _ read: @escaping @Sendable (HTTPResponseHead, inout AnswerBody) async throws -> R
    ) async throws -> R {
        let token = try await token()
        let channel = try await connect(request.patience)
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try? await send(request, token, to: outbound) }
                    // The answer may come before the body is sent, when it refuses it: then sending is given up.
                    defer { group.cancelAll() }
                    var body = AnswerBody(inbound.makeAsyncIterator())
                    let head = try await body.head()
                    return try await read(head, &body)
                }
            }
        } catch let error where error is ChannelError || error is IOError {
            if Task.isCancelled { throw CancellationError() }
            throw APIError(.connectionLost, "The connection to the gateway was lost.", cause: String(describing: error))
        }
    }

    private func connect(_ patience: Patience) async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .connect(unixDomainSocketPath: socket) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if case .idle(let limit) = patience {
                            try channel.pipeline.syncOperations.addHandler(IdleStateHandler(allTimeout: TimeAmount(limit)))
                        }
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        if case .idle = patience { try channel.pipeline.syncOperations.addHandler(SilenceHandler()) }
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM {
            throw APIError(.noAccess, "\(socket) may not be opened by this user.", cause: String(describing: error))
        } catch {
            throw APIError(.noGateway, "No gateway listens at \(socket).", cause: String(describing: error))
        }
    }

    private func send(
        _ request: APIRequest, _ token: String?, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        var headers = HTTPHeaders([("Host", "earshot"), ("Connection", "close"), ("Accept", "application/json")])
        for (name, value) in request.headers { headers.replaceOrAdd(name: name, value: value) }
        if let token { headers.add(name: "Authorization", value: "Bearer " + token) }
        switch request.body {
        case .none: break
        case .json(let bytes):
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(bytes.count))
        case .stream(let size, let type, _):
            headers.add(name: "Content-Type", value: type)
            headers.add(name: "Content-Length", value: String(size))
        }
        try await outbound.write(
            .head(HTTPRequestHead(version: .http1_1, method: .init(rawValue: request.method), uri: request.path, headers: headers)))
        switch request.body {
        case .none: break
        case .json(let bytes): try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
        case .stream(_, _, let write): try await write(RequestWriter(outbound: outbound))
        }
        try await outbound.write(.end(nil))
    }
}
