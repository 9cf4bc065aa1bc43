package import APIClient
package import GatewayAPI
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Recordings

/// The few routes that a worker's own job uses, on a Unix socket, with faults on demand: what the real server does not do when asked.
package actor StubGateway {
    package var recording: RecordingMessage?
    package var annotations: [String: JSONValue] = [:]
    /// Bytes by path.
    package var files: [String: [UInt8]] = [:]
    /// Each answer with a file ends after so many bytes, as long as there is one of these.
    package var cuts: [Int] = []
    /// Runs when a file is asked for.
    package var whenFetched: (@Sendable () -> Void)?
    /// `Range` of each request for a file; nil for the whole.
    package private(set) var ranges: [String?] = []
    /// Bodies sent by PUT, by path.
    package private(set) var sent: [String: [UInt8]] = [:]

    package let socket: String
    private let channel: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Never>

    private init(_ socket: String, _ channel: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Never>) {
        self.socket = socket
        self.channel = channel
    }

    /// Serves while `body` runs.
    package static func serve<R: Sendable>(at socket: String, _ body: @Sendable (StubGateway, GatewayClient) async throws -> R) async throws -> R {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(unixDomainSocketPath: socket, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(wrappingChannelSynchronously: channel)
                }
            }
        let stub = StubGateway(socket, channel)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await stub.accept() }
            defer { group.cancelAll() }
            return try await body(stub, GatewayClient(socket: socket))
        }
    }

    package func set(
        _ recording: RecordingMessage? = nil, files: [String: [UInt8]] = [:], annotations: [String: JSONValue] = [:], cuts: [Int] = [],
        whenFetched: (@Sendable () -> Void)? = nil
    ) {
        self.whenFetched = whenFetched
        if let recording { self.recording = recording }
        self.files.merge(files) { $1 }
        self.annotations.merge(annotations) { $1 }
        self.cuts = cuts
    }

    private func accept() async throws {
        try await channel.executeThenClose { connections in
            await withTaskGroup(of: Void.self) { group in
                do {
                    for try await connection in connections { group.addTask { try? await self.serve(connection) } }
                } catch {}
            }
        }
    }

    private func serve(_ connection: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let value): head = value
                case .body(let buffer): body += buffer.readableBytesView
                case .end:
                    guard let head else { return }
                    let answer = self.answer(head, body)
                    let headers = HTTPHeaders([("Content-Length", String(answer.body.count)), ("Connection", "close")] + answer.headers)
                    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)))
                    try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body.prefix(answer.cut ?? .max)))))
                    if answer.cut == nil { try await outbound.write(.end(nil)) }
                    return
                }
            }
        }
    }

    private struct Answer {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// The connection ends after so many bytes of the body.
        var cut: Int?
    }

    private func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> Answer {
        let path = head.uri.split(separator: "?").first.map(String.init) ?? ""
        let parts = path.split(separator: "/").map(String.init)
        do {
            if head.method == .PUT, parts.count == 5, parts[3] == "artifacts" {
                sent[parts[4]] = body
                guard let digest = head.headers.first(name: APIHeader.contentDigest).flatMap(ContentDigest.sha256) else { return Answer(status: 400) }
                return Answer(body: try APIJSON.encode(ArtifactMessage(name: parts[4], sha256: digest, size: UInt64(body.count))))
            }
            if parts.contains("annotations"), let name = parts.last, let value = annotations[name], let time = UTCTime("2026-11-23T09:15:00Z") {
                return Answer(body: try APIJSON.encode(AnnotationMessage(name: name, version: 1, by: "queue:test", at: time, value: value)))
            }
            if parts.count == 3, parts[1] == "recordings", let recording { return Answer(body: try APIJSON.encode(recording)) }
            if let file = files[parts.dropFirst(3).joined(separator: "/")] { return send(file, head) }
        } catch {}
        let problem = Problem(.notFound, detail: "The stub has no \(path).", fix: "Give it one.")
        return Answer(status: 404, body: (try? APIJSON.encode(problem)) ?? [])
    }

    private func send(_ file: [UInt8], _ head: HTTPRequestHead) -> Answer {
        whenFetched?()
        let range = head.headers.first(name: "Range")
        ranges.append(range)
        let from = range.flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
        return Answer(
            status: range == nil ? 200 : 206, headers: [("ETag", "\"\(digests[file] ?? "")\"")], body: Array(file.dropFirst(from)),
            cut: cuts.isEmpty ? nil : cuts.removeFirst())
    }

    /// What the gateway says is the digest of a file.
    package var digests: [[UInt8]: String] = [:]

    package func say(_ digest: SHA256Digest, of file: [UInt8]) { digests[file] = digest.description }
}
