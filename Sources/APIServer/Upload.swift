internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Recordings

/// A file in the body of a request: what is announced of it, and its pieces.
struct Upload: Sendable {
    let sha256: SHA256Digest
    let size: UInt64
    private let body: Hummingbird.RequestBody

    /// - Throws: `Refusal` when digest or size are not announced, or it is too large.
    init(_ call: IncomingCall, atMost limit: UInt64, _ what: String) throws {
        guard let digest = call.field(.contentDigest).flatMap(ContentDigest.sha256) else {
            throw Refusal(.badRequest, "The header Content-Digest names no SHA-256.", fix: "Send Content-Digest: sha-256=:BASE64:.")
        }
        guard let size = call.field(.contentLength).flatMap(UInt64.init) else {
            throw Refusal(.badRequest, "The header Content-Length is missing.", fix: "Announce the size.")
        }
        guard size <= limit else { throw Refusal(.tooLarge, "\(what) has at most \(limit) bytes.", fix: "Send less.") }
        (sha256, self.size, body) = (digest, size, call.request.body)
    }

    /// Hands over each piece, which comes within a time: a caller that stalls is given up.
    func receive(_ take: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var received: UInt64 = 0
                for try await piece in body {
                    received += UInt64(piece.readableBytes)
                    guard received <= size else { throw Refusal(.badRequest, "More came than was announced.", fix: "Announce the right size.") }
                    try await take(Array(piece.readableBytesView))
                    progress.step()
                }
                guard received == size else { throw Refusal(.badRequest, "Less came than was announced.", fix: "Send it again, whole.") }
            }
            group.addTask {
                while true {
                    let before = progress.steps
                    try await ContinuousClock().sleep(for: ServerLimits.pieceTime)
                    guard progress.steps != before else {
                        throw Refusal(.timedOut, "Nothing came for \(ServerLimits.pieceTime).", fix: "Send it again, whole.")
                    }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
