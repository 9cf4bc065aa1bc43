internal import NIOCore
internal import NIOHTTP1

/// Takes the body of a request; waits while the gateway takes nothing.
package struct RequestWriter: Sendable {
    let outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

    package func write(_ bytes: [UInt8]) async throws {
        try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
    }
}
