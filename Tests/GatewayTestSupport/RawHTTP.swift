internal import NIOCore
internal import NIOPosix

/// Writes bytes to a socket as they are and reads the one answer: for what a proper client would never send.
package enum RawHTTP {
    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String: String]
        package let body: [UInt8]
    }

    /// - Parameter request: request line and headers, without the empty line; the connection is asked to close.
    package static func ask(_ socket: String, _ request: String, body: [UInt8] = []) async throws -> Answer {
        try parse(try await exchange(socket, Array((request + "Connection: close\r\n\r\n").utf8) + body))
    }

    /// Everything the server sends until it closes.
    package static func exchange(_ socket: String, _ bytes: [UInt8]) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(unixDomainSocketPath: socket) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var received: [UInt8] = []
            for try await buffer in inbound { received += buffer.readableBytesView }
            return received
        }
    }

    /// Runs the body while connections stand on each of which a request was answered.
    package static func holding<R: Sendable>(
        _ count: Int, _ socket: String, _ request: String, _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R {
        guard count > 0 else { return try await body() }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(unixDomainSocketPath: socket) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request + "\r\n"))
            var answer = inbound.makeAsyncIterator()
            _ = try await answer.next()
            return try await holding(count - 1, socket, request, body)
        }
    }

    /// Sends a request and takes nothing of the answer; returns when the server has ended the connection.
    package static func stall(_ socket: String, _ request: String) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: socket).get()
        // It may have been hung up on before it said anything: that is what is waited for.
        do { try await channel.writeAndFlush(ByteBuffer(string: request + "\r\n")) } catch is ChannelError {}
        try await channel.closeFuture.get()
    }

    /// Connects and hangs up, if anybody listens.
    package static func knock(_ socket: String) async {
        guard let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(unixDomainSocketPath: socket).get()
        else { return }
        try? await channel.close()
    }

    package static func parse(_ bytes: [UInt8]) throws -> Answer {
        var end = 0
        while end + 4 <= bytes.count, bytes[end..<end + 4] != [13, 10, 13, 10] { end += 1 }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let status = try expect(lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") })
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return Answer(status: status, headers: headers, body: Array(bytes[min(end + 4, bytes.count)...]))
    }
}
