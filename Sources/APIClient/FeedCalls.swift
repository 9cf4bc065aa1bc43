package import GatewayAPI

extension GatewayClient {
    /// Hands each event of a stream to `take` until the gateway ends it or `take` returns false. The gateway's keep-alive comments
    /// are the deadline: without any for 45 s the stream ends with `timedOut`.
    ///
    /// - Parameter after: `Last-Event-ID`: what this event and earlier ones told is not repeated.
    package func stream<Message: Decodable & Sendable>(
        _ type: Message.Type = Message.self, _ path: String, after: String? = nil,
        _ take: @escaping @Sendable (Message, _ id: String?) async throws -> Bool
    ) async throws {
        var headers = [("Accept", "text/event-stream")]
        if let after { headers.append(("Last-Event-ID", after)) }
        try await exchange(APIRequest(method: "GET", path: path, headers: headers, patience: .stream)) { head, body in
            try await Self.refuse(head, &body)
            var events = ServerSentEvents()
            while let piece = try await body.next() {
                for event in try events.read(piece) {
                    let message: Message = try Self.decode(Array(event.data.utf8))
                    guard try await take(message, event.id) else { return }
                }
            }
        }
    }

    /// Events behind `after`, waiting up to `wait` seconds for the first.
    package func events(
        after: Int64? = nil, types: [String] = [], card: String? = nil, holder: String? = nil, wait: Int = 0, limit: Int? = nil
    ) async throws -> EventsMessage {
        let path = Routes.events.path(query: [
            "after": after.map(String.init), "types": types.isEmpty ? nil : types.joined(separator: ","), "card": card, "holder": holder,
            "wait": wait == 0 ? nil : String(wait), "limit": limit.map(String.init),
        ])
        return try await get(path, patience: .total(.seconds(wait + 60)))
    }

    /// What goes on right now, from now on.
    package func activity(_ take: @escaping @Sendable (ActivityMessage) async throws -> Bool) async throws {
        try await stream(ActivityMessage.self, Routes.activity.path()) { message, _ in try await take(message) }
    }
}
