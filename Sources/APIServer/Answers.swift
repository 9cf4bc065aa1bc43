internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try APIJSON.encode(value))))
    }

    static func problem(_ problem: Problem) -> Response {
        var headers: HTTPFields = [.contentType: Problem.mediaType]
        if problem.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        let body = (try? APIJSON.encode(problem)) ?? []
        return Response(
            status: HTTPResponse.Status(code: problem.status, reasonPhrase: problem.title), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static var nothing: Response { Response(status: .noContent) }
}

extension HTTPField.Name {
    static let lease = known(APIHeader.lease)
    static let contentDigest = known(APIHeader.contentDigest)
    static let idempotencyKey = known(APIHeader.idempotencyKey)
    static let lastEventID = known("Last-Event-ID")

    private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .cookie }
}
