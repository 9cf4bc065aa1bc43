internal import Bytes
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import NIOCore
internal import RecordingStore
internal import Recordings

/// Files that a worker sends for its job, before `done` names them.
struct ArtifactHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.putArtifact: put] }

    @Sendable private func put(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let job = try await backend.job(named: call.argument("job"))
        guard let lease = call.field(.lease) else {
            throw Refusal(.badRequest, "The header Lease is missing.", fix: "Send the job's lease token in it.")
        }
        guard let digest = call.field(.contentDigest).flatMap(ContentDigest.sha256) else {
            throw Refusal(.badRequest, "The header Content-Digest names no SHA-256.", fix: "Send Content-Digest: sha-256=:BASE64:.")
        }
        guard let size = call.field(.contentLength).flatMap(UInt64.init) else {
            throw Refusal(.badRequest, "The header Content-Length is missing.", fix: "Announce the size.")
        }
        guard size <= ArtifactWriter.limit else {
            throw Refusal(.tooLarge, "An artifact has at most \(ArtifactWriter.limit) bytes.", fix: "Send less.")
        }
        guard let name = WorkName(call.argument("name"))?.description else {
            throw Refusal(.badRequest, "This is no name for an artifact.", fix: "Use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit.")
        }
        let claim = ArtifactClaim(sha256: digest, size: size, type: ForeignText(call.field(.contentType) ?? "application/octet-stream", limit: 128))
        // Who has no lease cannot fill the disk.
        try await backend.ledger.checkLease(of: job.id, token: lease)
        let writer = try await backend.files.receiveArtifact(size: size)
        do {
            try await receive(call.request.body, into: writer, size: size)
        } catch {
            await writer.abandon()
            throw error
        }
        try await writer.finish(as: name, claim, for: job.id, token: lease)
        return try .json(ArtifactMessage(name: name, sha256: digest, size: size), status: .created)
    }

    /// Each piece within a time: a worker that stalls is given up.
    private func receive(_ body: Hummingbird.RequestBody, into writer: ArtifactWriter, size: UInt64) async throws {
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var received: UInt64 = 0
                for try await piece in body {
                    received += UInt64(piece.readableBytes)
                    guard received <= size else { throw Refusal(.badRequest, "More came than was announced.", fix: "Announce the right size.") }
                    try await writer.write(Array(piece.readableBytesView))
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
