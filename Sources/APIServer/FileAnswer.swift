internal import GatewayAPI
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import RecordingStore

extension Response {
    /// A file, or the part that is asked for: read piece by piece as the caller takes it.
    static func file(_ file: StoredFile, type: String, name: String, for call: IncomingCall) throws(Refusal) -> Response {
        let tag = "\"\(file.sha256)\""
        var headers: HTTPFields = [
            .contentType: type, .eTag: tag, .acceptRanges: "bytes", .cacheControl: "private, no-cache",
            .contentDisposition: "attachment; filename=\"\(name)\"",
        ]
        if let none = call.field(.ifNoneMatch), none == "*" || none.split(separator: ",").contains(where: { $0.filter { $0 != " " } == tag }) {
            return Response(status: .notModified, headers: headers)
        }
        // A range of another file's bytes would be glued to the wrong ones.
        let isSame = call.field(.ifRange).map { $0 == tag } ?? true
        switch isSame ? ByteRange(call.field(.range), size: file.size) : .whole {
        case .whole: return Response(status: .ok, headers: headers, body: body(of: file, 0..<file.size))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
            return Response(status: .partialContent, headers: headers, body: body(of: file, range))
        case .unsatisfiable:
            var response = Response.problem(
                Problem(.rangeNotSatisfiable, detail: "The file has \(file.size) bytes.", fix: "Ask for bytes below that."))
            response.headers[.contentRange] = "bytes */\(file.size)"
            return response
        }
    }

    private static func body(of file: StoredFile, _ range: Range<UInt64>) -> ResponseBody {
        ResponseBody(contentLength: Int(clamping: range.count)) { writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try await file.read(at: offset, upTo: Int(min(UInt64(ServerLimits.piece), range.upperBound - offset)))
                guard !piece.isEmpty else { throw Refusal(.failed, "The file ended early.", fix: "See the log of earshotd.") }
                try await writer.write(ByteBuffer(bytes: piece))
                offset += UInt64(piece.count)
            }
            try await writer.finish(nil)
        }
    }
}
