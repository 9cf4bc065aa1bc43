package import GatewayAPI
internal import NIOHTTP1
package import Recordings

extension GatewayClient {
    /// One page, in the order in which they became known at the gateway.
    package func recordings(
        card: String? = nil, holder: String? = nil, since: UTCTime? = nil, until: UTCTime? = nil, kind: String? = nil, state: String? = nil,
        limit: Int? = nil, cursor: String? = nil
    ) async throws -> ListMessage<RecordingMessage> {
        try await get(
            Routes.recordings.path(query: [
                "card": card, "holder": holder, "since": since?.description, "until": until?.description, "kind": kind, "state": state,
                "limit": limit.map(String.init), "cursor": cursor,
            ]))
    }

    /// - Parameter name: id, unique prefix, or `anna/214`.
    package func recording(_ name: String) async throws -> RecordingMessage { try await get(Routes.recording.path(name)) }

    package func why(_ name: String) async throws -> WhyMessage { try await get(Routes.why.path(name)) }

    /// Lends the bytes of a recording as they come.
    ///
    /// - Parameters:
    ///   - format: `original`, the recording itself, or `wav`, what the decode worker made of it.
    ///   - from: the first byte wanted.
    ///   - read: gets the size of the whole, its SHA-256 and the body.
    /// - Returns: nil while it is still being decoded (`202`).
    package func audio<R: Sendable>(
        of name: String, format: String = "original", from: UInt64 = 0,
        _ read: @escaping @Sendable (AudioFacts, inout AnswerBody) async throws -> R
    ) async throws -> R? {
        try await download(Routes.audio.path(name, query: ["format": format]), from: from, read)
    }

    package func artifact<R: Sendable>(
        _ artifact: String, of name: String, from: UInt64 = 0, _ read: @escaping @Sendable (AudioFacts, inout AnswerBody) async throws -> R
    ) async throws -> R? {
        try await download(Routes.artifact.path(name, artifact), from: from, read)
    }

    /// What is said of a file that is brought, beside its bytes.
    package struct ImportRequest: Sendable, Hashable {
        /// Its name where it lies.
        package let file: String
        package let sha256: SHA256Digest
        package let size: UInt64
        /// The id of whose it is.
        package var holder: String?
        package var kind: String?
        package var started: UTCTime?
        package var startedFrom: StartSource?

        package init(file: String, sha256: SHA256Digest, size: UInt64) {
            (self.file, self.sha256, self.size) = (file, sha256, size)
        }
    }

    /// The recording that has these bytes; nil: an import of them would be new.
    package func recording(with sha256: SHA256Digest) async throws -> RecordingMessage? {
        do { return try await get(Routes.findImport.path(sha256.description)) } catch let error as APIError
            where error.problem?.code.known == .notFound
        {
            return nil
        }
    }

    /// Brings a recording as a file. Durable when it returns; said again it does no harm.
    ///
    /// - Parameter write: hands over exactly `size` bytes.
    /// - Returns: the recording; `isNew` is false when these bytes were here already.
    package func importRecording(
        _ request: ImportRequest, _ write: @escaping @Sendable (RequestWriter) async throws -> Void
    ) async throws -> (recording: RecordingMessage, isNew: Bool) {
        let query: KeyValuePairs<String, String?> = [
            "file": request.file, "holder": request.holder, "kind": request.kind, "started": request.started?.description,
            "started_from": request.startedFrom?.rawValue,
        ]
        let answer = try await bytes(
            APIRequest(
                method: "POST", path: Routes.importRecording.path(query: query),
                headers: [(APIHeader.contentDigest, ContentDigest.field(request.sha256))],
                body: .stream(size: request.size, type: "application/octet-stream", write), patience: .idle(.seconds(120))))
        return (try Self.decode(answer.body), answer.status == 201)
    }

    private func download<R: Sendable>(
        _ path: String, from: UInt64, _ read: @escaping @Sendable (AudioFacts, inout AnswerBody) async throws -> R
    ) async throws -> R? {
        let range = from == 0 ? [] : [("Range", "bytes=\(from)-")]
        return try await exchange(APIRequest(method: "GET", path: path, headers: range, patience: .stream)) { head, body in
            try await Self.refuse(head, &body)
            guard head.status.code != 202 else { return nil }
            let fields = Self.fields(head)
            guard head.status.code == (from == 0 ? 200 : 206), let length = fields["content-length"].flatMap(UInt64.init) else {
                throw APIError(.notUnderstood, "The gateway answered \(head.status.code) to a request for bytes from \(from).")
            }
            let digest = fields["etag"].flatMap { SHA256Digest(hex: $0.filter { $0 != "\"" }) }
            return try await read(AudioFacts(length: length, sha256: digest), &body)
        }
    }
}

/// What the head of an answer with a file says.
package struct AudioFacts: Sendable, Hashable {
    /// Bytes that follow.
    package let length: UInt64
    /// Of the whole file.
    package let sha256: SHA256Digest?
}
