internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// What programs read about the box and its API.
struct MetricsHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] { [Routes.metrics: metrics, Routes.openAPI: description] }

    @Sendable private func description(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: OpenAPI.text)))
    }

    @Sendable private func metrics(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let text = try await backend.metrics()
        return Response(
            status: .ok, headers: [.contentType: MetricsPage.mediaType], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
