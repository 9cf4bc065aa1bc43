internal import Bytes
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
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
        let upload = try Upload(call, atMost: ArtifactWriter.limit, "An artifact")
        guard let name = WorkName(call.argument("name"))?.description else {
            throw Refusal(.badRequest, "This is no name for an artifact.", fix: "Use 1 to 64 of a-z 0-9 . _ -, beginning with a letter or digit.")
        }
        let claim = ArtifactClaim(
            sha256: upload.sha256, size: upload.size, type: ForeignText(call.field(.contentType) ?? "application/octet-stream", limit: 128))
        // Who has no lease cannot fill the disk.
        try await backend.ledger.checkLease(of: job.id, token: lease)
        let writer = try await backend.files.receiveArtifact(size: upload.size)
        do {
            try await upload.receive { try await writer.write($0) }
        } catch {
            await writer.abandon()
            throw error
        }
        try await writer.finish(as: name, claim, for: job.id, token: lease)
        return try .json(ArtifactMessage(name: name, sha256: upload.sha256, size: upload.size), status: .created)
    }
}
