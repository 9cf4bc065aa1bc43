internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// Writes `text/event-stream`; a comment goes into silence each `ServerLimits.keepAlive`.
final class EventSender {
    /// Unsafe because Hummingbird's writers are not Sendable and write off their caller's isolation. Only the task that answers the
    /// request ever holds an `EventSender`, and each write is awaited before the next.
    nonisolated(unsafe) private var writer: any ResponseBodyWriter

    fileprivate init(_ writer: any ResponseBodyWriter) { unsafe self.writer = writer }

    func send(_ message: some Encodable, id: String? = nil) async throws {
        var buffer = ByteBuffer()
        if let id { buffer.writeString("id: \(id)\n") }
        // JSON of one line holds no line end.
        buffer.writeString("data: ")
        buffer.writeBytes(try APIJSON.encode(message))
        buffer.writeString("\n\n")
        try await unsafe writer.write(buffer)
    }

    func keepAlive() async throws { try await unsafe writer.write(ByteBuffer(string: ": still here\n\n")) }

    /// Hands over what the stream brings until it ends or the gateway stops, with comments in its silences. Who is too slow loses the oldest.
    func forward<Element: Sendable>(_ stream: AsyncStream<Element>, _ body: (Element) async throws -> Void) async throws {
        let (queue, feeder) = AsyncStream.makeStream(of: Element?.self, bufferingPolicy: .bufferingNewest(1024))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await element in stream { feeder.yield(element) }
                feeder.finish()
            }
            group.addTask {
                while true {
                    try await ContinuousClock().sleep(for: ServerLimits.keepAlive)
                    feeder.yield(nil)
                }
            }
            group.addTask {
                try await gracefulShutdown()
                feeder.finish()
            }
            defer { group.cancelAll() }
            for await element in queue {
                if let element { try await body(element) } else { try await keepAlive() }
            }
        }
    }
}

extension Response {
    /// A stream of server-sent events; it ends when `body` returns.
    static func events(_ body: @escaping @Sendable (EventSender) async throws -> Void) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let sender = EventSender(writer)
                // The head goes out at once, also when nothing happens for a while.
                try await sender.keepAlive()
                try await body(sender)
                try await writer.finish(nil)
            })
    }
}
