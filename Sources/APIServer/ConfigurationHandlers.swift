internal import GatewayAPI
internal import Hummingbird

/// What is configured, and reading it anew.
struct ConfigurationHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.configuration: show, Routes.reloadConfiguration: reload] }

    @Sendable private func show(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(await backend.settings.configuration())
    }

    @Sendable private func reload(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(try await backend.settings.reload())
    }
}
