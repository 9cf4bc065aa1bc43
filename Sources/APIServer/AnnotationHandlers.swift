internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Recordings

/// What workers and people wrote about a recording. The ETag is the version in quotes; old versions are kept.
struct AnnotationHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.annotation: get, Routes.putAnnotation: put] }

    @Sendable private func get(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let recording = try await backend.ledger.recording(named: call.argument("recording"))
        let annotation = try await backend.ledger.annotation(of: recording.id, name: call.argument("name"))
        return try .json(try AnnotationMessage(annotation, withValue: true), headers: Self.tag(annotation))
    }

    /// `If-None-Match: *` makes the first version only, `If-Match: "N"` the one behind N; with neither it is the next.
    @Sendable private func put(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let recording = try await backend.ledger.recording(named: call.argument("recording"))
        let value = try await call.anyJSON()
        let annotation: AnnotationInfo
        let expected = try expected(call)
        do {
            annotation = try await backend.ledger.annotate(
                recording.id, name: call.argument("name"), value: JSONText(String(decoding: try APIJSON.encode(value), as: UTF8.self)),
                by: call.caller.name, replacing: expected)
        } catch let error as LedgerError where error.code == .conflict && expected != nil {
            throw Refusal(.versionDiffers, error.detail, fix: "Read the newest version and its ETag, then write again.")
        }
        return try .json(
            try AnnotationMessage(annotation, withValue: false), status: annotation.version == 1 ? .created : .ok, headers: Self.tag(annotation))
    }

    private func expected(_ call: IncomingCall) throws(Refusal) -> Int? {
        if let none = call.field(.ifNoneMatch) {
            guard none == "*" else { throw Refusal(.badRequest, "If-None-Match takes * here.", fix: "Use If-Match: \"N\" to replace version N.") }
            return 0
        }
        guard let match = call.field(.ifMatch) else { return nil }
        guard match.hasPrefix("\""), match.hasSuffix("\""), let version = Int(match.dropFirst().dropLast()), version > 0 else {
            throw Refusal(.badRequest, "If-Match is no version.", fix: "Send the ETag that GET gave, with its quotes.")
        }
        return version
    }

    private static func tag(_ annotation: AnnotationInfo) -> HTTPFields { [.eTag: "\"\(annotation.version)\""] }
}
