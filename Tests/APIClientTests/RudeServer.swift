import Foundation
import NIOCore
import NIOPosix

/// A server on a Unix socket that answers each connection with the given bytes, or with nothing, and tells when its peer has gone.
enum RudeServer {
    enum Manner: Sendable {
        /// Writes this once the request has begun, then closes.
        case says(String)
        /// Writes this and then nothing more.
        case fallsSilent(String)
    }

    /// Lends the socket's path, and a stream with an element for each connection that ended.
    static func run<R: Sendable>(_ manner: Manner, _ body: @escaping @Sendable (_ socket: String, _ gone: AsyncStream<Void>) async throws -> R)
        async throws -> R
    {
        let socket = "/tmp/es-" + UUID().uuidString.prefix(8) + ".sock"
        let (gone, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(unixDomainSocketPath: socket) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        defer { try? FileManager.default.removeItem(atPath: socket) }
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { inner in
                        for try await connection in connections {
                            inner.addTask {
                                try? await serve(connection, manner)
                                ended.yield()
                            }
                        }
                    }
                }
                return nil
            }
            group.addTask { try await body(socket, gone) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private static func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ manner: Manner) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var parts = inbound.makeAsyncIterator()
            _ = try await parts.next()
            switch manner {
            case .says(let text): try await outbound.write(ByteBuffer(string: text))
            case .fallsSilent(let text):
                try await outbound.write(ByteBuffer(string: text))
                while try await parts.next() != nil {}
            }
        }
    }
}
