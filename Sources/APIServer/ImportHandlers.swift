internal import Bytes
internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import RecordingStore
internal import Recordings

/// Recordings that somebody brings as files.
struct ImportHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.importRecording: take, Routes.findImport: find] }

    @Sendable private func find(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        guard let digest = SHA256Digest(hex: call.argument("sha256")) else {
            throw Refusal(.badRequest, "This is no digest.", fix: "Write 64 hexadecimal digits.")
        }
        guard let recording = try await backend.ledger.recording(with: digest) else {
            throw Refusal(.notFound, "No recording here has these bytes.", fix: "Bring it: POST /v1/recordings.")
        }
        return try .json(RecordingMessage(recording))
    }

    /// 201 with the recording that was made; 200 with the one that has these bytes already.
    @Sendable private func take(_ call: IncomingCall) async throws -> Response {
        try call.query.check("file", "holder", "kind", "started", "started_from")
        let file = try Self.fileName(call.query.string("file") ?? "")
        let holder = try await call.query.string("holder").asyncMap { try await backend.holder(named: $0).id }
        let kind = try Self.kind(call.query.string("kind"))
        let started = try Self.start(call.query, now: backend.wall.now())
        let upload = try Upload(call, atMost: Limits.importBytes, "A recording that is imported")
        guard upload.size > 0 else { throw Refusal(.mediaTypeUnknown, "This is an empty file.", fix: Refusal.takenFormats) }
        let writer = try await backend.files.receiveImport(size: upload.size)
        do {
            try await upload.receive { try await writer.write($0) }
        } catch {
            await writer.abandon()
            throw error
        }
        let description = ImportWriter.Description(sha256: upload.sha256) { format in
            ImportClaim(sha256: upload.sha256, size: upload.size, format: format, file: file, kind: kind, holder: holder, started: started)
        }
        let (recording, isNew) = try await writer.finish(description)
        return try .json(RecordingMessage(recording), status: isNew ? .created : .ok)
    }

    /// What stands behind the last slash, cut: it is shown and never opened.
    private static func fileName(_ text: String) throws -> ForeignText {
        let name = text.split(separator: "/").last.map(String.init) ?? ""
        guard !name.isEmpty else {
            throw Refusal(
                .badRequest, "The query item file is missing.", fix: "Give the file's name, as file=meeting.opus: it is shown with the recording.")
        }
        return ForeignText(name, limit: Limits.importName)
    }

    private static func kind(_ text: String?) throws -> RecordingKind {
        guard let text else { return .conversation }
        guard let kind = RecordingKind(text) else {
            throw Refusal(.badRequest, "There is no such kind of recording.", fix: "Use conversation, call or memo.")
        }
        return kind
    }

    private static func start(_ query: QueryItems, now: UTCTime) throws -> ImportClaim.Start? {
        let source = try query.string("started_from").map { text in
            guard let source = StartSource(rawValue: text) else {
                throw Refusal(
                    .badRequest, "There is no such source of a time.", fix: "Use \(StartSource.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return source
        }
        guard let time = try query.time("started") else {
            guard source == nil else { throw Refusal(.badRequest, "The query item started is missing.", fix: "Give it, or leave started_from out.") }
            return nil
        }
        // A clock that is a little ahead is no mistake; one that is a day ahead is.
        guard time.milliseconds >= 0, time <= now.advanced(by: 86_400_000) else {
            throw Refusal(.badRequest, "No recording began at \(time).", fix: "Give a time between 1970 and now.")
        }
        return ImportClaim.Start(time, source ?? .person)
    }
}
