internal import FoundationEssentials
package import GatewayAPI
internal import NIOHTTP1

extension GatewayClient {
    /// GET of JSON.
    package func get<Answer: Decodable & Sendable>(
        _ path: String, patience: Patience = .standard
    ) async throws -> Answer {
        try Self.decode(try await bytes(APIRequest(method: "GET", path: path, patience: patience)).body)
    }

    /// A request with a JSON body, or none, and a JSON answer.
    package func send<Answer: Decodable & Sendable>(
        _ route: Route, _ path: String, _ body: (any RequestBody)? = nil, headers: [(String, String)] = [], patience: Patience = .standard
    ) async throws -> Answer {
        try Self.decode(try await raw(route, path, body, headers: headers, patience: patience).body)
    }

    /// As `send`, for whoever wants to see status and bytes.
    package func raw(
        _ route: Route, _ path: String, _ body: (any RequestBody)? = nil, headers: [(String, String)] = [], patience: Patience = .standard
    ) async throws -> (status: Int, headers: [String: String], body: [UInt8]) {
        let json = try body.map { try APIJSON.encode($0) }
        return try await bytes(
            APIRequest(
                method: route.method.rawValue, path: path, headers: headers, body: json.map { .json($0) } ?? .none, patience: patience))
    }

    /// Any request: the answer as it is when it is no error.
    func bytes(_ request: APIRequest) async throws -> (status: Int, headers: [String: String], body: [UInt8]) {
        try await exchange(request) { head, body in
            try await Self.refuse(head, &body)
            let bytes = try await body.all(atMost: Self.answerLimit)
            return (Int(head.status.code), Self.fields(head), bytes)
        }
    }

    /// Throws what an answer of 400 or more says.
    static func refuse(_ head: HTTPResponseHead, _ body: inout AnswerBody) async throws {
        guard head.status.code >= 400 else { return }
        let bytes = try await body.all(atMost: 1 << 20)
        guard let problem = try? APIJSON.decode(Problem.self, from: bytes) else {
            throw APIError(.notUnderstood, "The gateway answered \(head.status.code) without saying why.")
        }
        throw APIError(problem)
    }

    /// The header fields, names in lower case; of a repeated one the last.
    static func fields(_ head: HTTPResponseHead) -> [String: String] {
        Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    }

    static func decode<Answer: Decodable>(_ bytes: [UInt8]) throws -> Answer {
        do {
            return try APIJSON.decode(from: bytes)
        } catch {
            throw APIError(.notUnderstood, "The gateway's answer is not understood.", cause: String(describing: error))
        }
    }
}
