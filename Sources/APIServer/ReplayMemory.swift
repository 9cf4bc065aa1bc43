internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `Idempotency-Key`: a POST that makes something, said again with the same key, gets the first answer and makes nothing.
/// Kept in memory: it bridges a lost connection, not a restart of the gateway.
actor ReplayMemory {
    /// The routes that make something and are not repeatable by themselves, as leases and `done` are.
    static let repeatable: Set<Route> = [Routes.addHolder, Routes.cardScreen, Routes.cardIdentify, Routes.cardRecord, Routes.pair]

    /// The newest so many answers are kept.
    private static let capacity = 512

    private struct Entry {
        let request: [UInt8]
        /// nil: under way.
        var answer: (status: HTTPResponse.Status, headers: HTTPFields, body: ByteBuffer)?
    }

    private var entries: [String: Entry] = [:]
    private var order: [String] = []

    func answer(_ call: IncomingCall, key: String, by handler: HandlerTable.Handler) async throws -> Response {
        guard (1...255).contains(key.utf8.count) else {
            throw Refusal(.badRequest, "An idempotency key has 1 to 255 characters.", fix: "Send a UUID.")
        }
        let body = try await IncomingCall.bytes(of: call.request.body, atMost: ServerLimits.repeatableBody)
        let name = call.caller.name + "\n" + key
        let request = Array((call.request.uri.path + "\n").utf8) + body
        if let entry = entries[name] {
            guard entry.request == request else {
                throw Refusal(
                    .keyReused, "This idempotency key was sent with another request.", fix: "Draw a new key for each thing that is to be made.")
            }
            guard let answer = entry.answer else {
                throw Refusal(.busy, "The same request is under way.", fix: "Wait for its answer.")
            }
            return Response(status: answer.status, headers: answer.headers, body: ResponseBody(byteBuffer: answer.body))
        }
        entries[name] = Entry(request: request)
        order.append(name)
        if order.count > Self.capacity { entries[order.removeFirst()] = nil }
        do {
            let response = try await handler(call.with(.init(buffer: ByteBuffer(bytes: body))))
            var collected = ByteBuffer()
            let writer = CollectingWriter()
            try await response.body.write(writer)
            collected.writeImmutableBuffer(writer.collected)
            entries[name]?.answer = (response.status, response.headers, collected)
            return Response(status: response.status, headers: response.headers, body: ResponseBody(byteBuffer: collected))
        } catch {
            // What failed may be tried again with the same key.
            entries[name] = nil
            order.removeAll { $0 == name }
            throw error
        }
    }

    private final class CollectingWriter: ResponseBodyWriter {
        var collected = ByteBuffer()

        func write(_ buffer: ByteBuffer) async throws { collected.writeImmutableBuffer(buffer) }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
