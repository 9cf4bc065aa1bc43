internal import GatewayAPI
internal import Hummingbird
internal import ServiceLifecycle

/// Every route with what answers it.
struct HandlerTable: Sendable {
    typealias Handler = @Sendable (IncomingCall) async throws -> Response

    let routes: RouteTable
    private let handlers: [Route: Handler]
    private let replays: ReplayMemory

    init(_ backend: Backend) {
        let groups: [[Route: Handler]] = [
            StatusHandlers(backend: backend).handlers, ConfigurationHandlers(backend: backend).handlers, CardHandlers(backend: backend).handlers,
            PairingHandlers(backend: backend).handlers, OwnerHandlers(backend: backend).handlers,
            RecordingHandlers(backend: backend).handlers, AuditHandlers(backend: backend).handlers,
            AccessHandlers(backend: backend).handlers, MetricsHandlers(backend: backend).handlers, AudioHandlers(backend: backend).handlers,
            AnnotationHandlers(backend: backend).handlers, FeedHandlers(backend: backend).handlers, QueueHandlers(backend: backend).handlers,
            ArtifactHandlers(backend: backend).handlers, ImportHandlers(backend: backend).handlers,
        ]
        var handlers: [Route: Handler] = [:]
        for group in groups { handlers.merge(group) { first, _ in first } }
        self.handlers = handlers
        routes = RouteTable(Routes.all)
        replays = ReplayMemory()
    }

    /// The routes of the API that nothing here answers: none, as a test sees to.
    var unanswered: [Route] { Routes.all.filter { handlers[$0] == nil } }

    func answer(_ call: IncomingCall) async throws -> Response {
        guard let handler = handlers[call.route] else {
            throw Refusal(.notFound, "There is nothing at this path.", fix: "docs/api.md lists the routes.")
        }
        guard Self.endsWithItsCaller.contains(call.route) else { return try await answer(call, by: handler) }
        // Around the memory of answers, too, which reads the body, and with it whether the caller is still there.
        return try await call.request.body.consumeWithCancellationOnInboundClose { body in
            try await cancelWhenGracefulShutdown { try await self.answer(call.with(body), by: handler) }
        }
    }

    private func answer(_ call: IncomingCall, by handler: Handler) async throws -> Response {
        guard call.route.method == .post, ReplayMemory.repeatable.contains(call.route), let key = call.field(.idempotencyKey) else {
            return try await handler(call)
        }
        return try await replays.answer(call, key: key, by: handler)
    }

    /// What a card is to do while its caller waits: nothing is begun for one who hung up, and none of it holds up the gateway's end.
    private static let endsWithItsCaller: Set<Route> = [Routes.cardIdentify, Routes.cardRecord]
}
