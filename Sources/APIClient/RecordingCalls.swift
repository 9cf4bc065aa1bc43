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
    ///   - format: `opus`, the recording itself, or `wav`, what the decode worker made of it.
    ///   - from: the first byte wanted.
    ///   - read: gets the size of the whole, its SHA-256 and the body.
    /// - Returns: nil while it is still being decoded (`202`).
    package func audio<R: Sendable>(
        of name: String, format: String = "opus", from: UInt64 = 0,
        _ read: @escaping @Sendable (AudioFacts, inout AnswerBody) async throws -> R
    ) async throws -> R? {
        try await download(Routes.audio.path(name, query: ["format": format]), from: from, read)
    }

    package func artifact<R: Sendable>(
        _ artifact: String, of name: String, from: UInt64 = 0, _ read: @escaping @Sendable (AudioFacts, inout AnswerBody) async throws -> R
    ) async throws -> R? {
        try await download(Routes.artifact.path(name, artifact), from: from, read)
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
