internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// One request whose caller may make it.
struct IncomingCall: Sendable {
    let route: Route
    /// What stands in place of the route's braces.
    let path: [String: String]
    let query: QueryItems
    let caller: Caller
    let request: Request
    let logger: Logger

    func argument(_ name: String) -> String { path[name] ?? "" }

    func field(_ name: HTTPField.Name) -> String? { request.headers[name] }

    /// The same call with this body.
    func with(_ body: Hummingbird.RequestBody) -> IncomingCall {
        var request = request
        request.body = body
        return IncomingCall(route: route, path: path, query: query, caller: caller, request: request, logger: logger)
    }

    /// Reads the body as JSON.
    func json<Body: GatewayAPI.RequestBody>(_ type: Body.Type = Body.self) async throws -> Body {
        try await Self.json(from: request.body, type: field(.contentType))
    }

    static func json<Body: GatewayAPI.RequestBody>(from body: Hummingbird.RequestBody, type: String?) async throws -> Body {
        if let type, !type.lowercased().hasPrefix("application/json") {
            throw Refusal(.mediaTypeUnknown, "The body is not application/json.", fix: "Send Content-Type: application/json.")
        }
        return try APIJSON.decodeRequest(from: try await bytes(of: body, atMost: ServerLimits.body))
    }

    static func bytes(of body: Hummingbird.RequestBody, atMost limit: Int) async throws -> [UInt8] {
        try await withLimit(ServerLimits.bodyTime, "The request's body") {
            var bytes: [UInt8] = []
            for try await piece in body {
                guard bytes.count + piece.readableBytes <= limit else {
                    throw Refusal(.tooLarge, "The body is larger than \(limit) bytes.", fix: "Send less; files go by PUT …/artifacts/NAME.")
                }
                bytes += piece.readableBytesView
            }
            return bytes
        }
    }

    /// The body of a PUT of any JSON.
    func anyJSON() async throws -> JSONValue {
        try APIJSON.decodeAny(try await Self.bytes(of: request.body, atMost: ServerLimits.body))
    }
}

/// Runs what may wait, for at most so long.
func withLimit<R: Sendable>(_ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> R) async throws -> R {
    try await withThrowingTaskGroup(of: R.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await ContinuousClock().sleep(for: limit)
            throw Refusal(.timedOut, "\(what) took longer than \(limit).", fix: "Try again.")
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
    }
}
