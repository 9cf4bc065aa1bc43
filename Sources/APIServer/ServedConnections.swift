internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// HTTP/1.1 connections of which each is closed, also one that nobody serves.
///
/// One that comes while the server ends is dropped by it, and NIO ends the process when the writer of a connection is dropped before it was finished
/// (`NIOAsyncWriter`, "Deinited NIOAsyncWriter without calling finish()").
struct ServedConnections: ServerChildChannel {
    let http: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<ServedConnection> {
        http.setup(channel: channel, logger: logger).map(ServedConnection.init)
    }

    func handle(value connection: ServedConnection, logger: Logger) async {
        connection.isServed()
        await http.handle(value: connection.content, logger: logger)
    }
}

final class ServedConnection: ServerChildChannelValue {
    let content: HTTP1Channel.Value
    private let served = Atomic(false)

    var channel: any Channel { content.channel }

    init(_ content: HTTP1Channel.Value) { self.content = content }

    func isServed() { served.store(true, ordering: .relaxed) }

    deinit {
        guard !served.load(ordering: .relaxed) else { return }
        // Nobody waits for it: the other side sees the end.
        Task { [content] in try? await content.executeThenClose { _, _ in } }
    }
}
