internal import NIOCore
internal import NIOHTTP1

/// The bytes of an answer, piece by piece as the socket brings them; nothing is read ahead of whoever takes them but a small window.
package struct AnswerBody {
    private var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    private var ended = false

    init(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) { self.parts = parts }

    /// The head of the answer; heads of 1xx before it are passed over.
    mutating func head() async throws -> HTTPResponseHead {
        while let part = try await part() {
            if case .head(let head) = part, head.status.code >= 200 { return head }
        }
        throw APIError(.connectionLost, "The gateway closed the connection without an answer.")
    }

    /// The next piece; nil at the end of the whole answer.
    ///
    /// - Throws: `APIError.connectionLost` when the connection ends before the answer does.
    package mutating func next() async throws -> [UInt8]? {
        while !ended {
            switch try await part() {
            case .body(let buffer): return Array(buffer.readableBytesView)
            case .end: ended = true
            case .head: continue
            case nil: throw APIError(.connectionLost, "The gateway closed the connection within its answer.")
            }
        }
        return nil
    }

    private mutating func part() async throws -> HTTPClientResponsePart? {
        do {
            return try await parts.next(isolation: #isolation)
        } catch let error as APIError {
            throw error
        } catch {
            if Task.isCancelled || error is CancellationError { throw CancellationError() }
            throw APIError(.connectionLost, "The connection to the gateway was lost.", cause: String(describing: error))
        }
    }

    /// All of it.
    ///
    /// - Throws: `APIError.notUnderstood` when there is more than `limit`.
    package mutating func all(atMost limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            guard bytes.count + piece.count <= limit else { throw APIError(.notUnderstood, "The answer is longer than \(limit) bytes.") }
            bytes += piece
        }
        return bytes
    }
}
