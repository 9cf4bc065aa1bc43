internal import Bytes
internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import RecordingStore
internal import Recordings

/// The recordings' bytes, and the files that workers made of them.
struct AudioHandlers: Sendable {
    /// What `format=wav` is: the artifact of the decode worker.
    private static let decoded = "audio.wav"
    private static let decodeQueue = "decode"

    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.audio: audio, Routes.artifact: artifact] }

    @Sendable private func audio(_ call: IncomingCall) async throws -> Response {
        try call.query.check("format")
        let recording = try await backend.ledger.recording(named: call.argument("recording"))
        switch call.query.string("format") ?? "original" {
        case "opus" where recording.format != .opus:
            throw Refusal(.notHere, "\(recording.ref) came as \(recording.format.name).", fix: "Take format=original, or format=wav.")
        case "original", "opus":
            try await note("audio.read", recording)
            return try .file(
                try await backend.files.open(recording.id), type: recording.format.mediaType,
                name: "\(recording.id).\(recording.format.fileExtension)", for: call)
        case "wav":
            guard recording.artifacts.contains(Self.decoded) else { return try await notDecoded(recording) }
            try await note("audio.read", recording)
            let file = try await backend.files.openArtifact(of: recording.id, name: Self.decoded)
            return try .file(file, type: "audio/wav", name: "\(recording.id).wav", for: call)
        default:
            throw Refusal(.badRequest, "This format is not offered.", fix: "Use format=original, what the card had or the file was, or format=wav.")
        }
    }

    /// Before a byte goes out: who cannot be noted does not listen.
    private func note(_ what: String, _ recording: RecordingInfo, _ name: String = "") async throws {
        guard recording.isHeld else { return }
        try await backend.ledger.noteAccess(what, of: recording.id.description, name)
    }

    /// 202 while it is still to come.
    private func notDecoded(_ recording: RecordingInfo) async throws -> Response {
        guard recording.isHeld else {
            throw Refusal(.notHere, "\(recording.ref) is not here yet.", fix: "Ask why: earshot why \(recording.ref).")
        }
        guard case .recording(let facts) = try await backend.ledger.why(recording.id.description),
            let job = facts.jobs.last(where: { $0.queue == Self.decodeQueue })
        else {
            throw Refusal(.notHere, "\(recording.ref) is not decoded: no route sends it to decode.", fix: "Take format=original.")
        }
        switch job.state {
        case .ready, .leased, .held:
            return try .json(try JobMessage(job), status: .accepted, headers: [.retryAfter: "1"])
        case .done, .dead:
            let reason = job.reason.map { ": \($0)" } ?? "."
            throw Refusal(
                .notHere, "\(recording.ref) could not be decoded" + reason, fix: "Take format original, or try again: earshot queue retry \(job.id)")
        }
    }

    @Sendable private func artifact(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let recording = try await backend.ledger.recording(named: call.argument("recording"))
        let info = try await backend.ledger.artifact(of: recording.id, name: call.argument("name"))
        try await note("artifact.read", recording, info.name)
        let file = try await backend.files.openArtifact(of: recording.id, name: info.name)
        return try .file(file, type: Self.mediaType(info.type.raw), name: info.name, for: call)
    }

    /// A worker's word for it, where it can stand in a header.
    private static func mediaType(_ text: String) -> String {
        let fits = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && text.contains("/")
        return fits ? text : "application/octet-stream"
    }
}
