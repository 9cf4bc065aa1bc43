package import APIClient
package import GatewayAPI
package import Recordings

/// Brings bytes of a recording from the gateway into a file; goes on where it was when the connection is lost.
package enum Download {
    package enum What: Sendable, Hashable {
        /// The recording as the card made it, or as it was imported.
        case original
        /// What another worker made of it.
        case artifact(String)
    }

    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Attempts without a single byte before it is given up: with the pauses between them longer than a gateway takes to start again.
    private static let mostAttempts = 8

    /// - Parameter limit: more bytes than this are refused.
    /// - Returns: the digest of what came; for `original` it is the recording's.
    /// - Throws: `APIError`, `SystemError`, `Failure`.
    package static func fetch(
        _ what: What, of recording: RecordingMessage, with client: GatewayClient, into file: FileWriter, limit: UInt64
    ) async throws -> SHA256Digest? {
        var attempts = 0
        var announced: SHA256Digest?
        while true {
            let before = await file.count
            do {
                announced = try await continueFetch(what, of: recording, with: client, into: file, limit: limit)
                break
            } catch let error as APIError where error.isTransient {
                attempts = await file.count > before ? 1 : attempts + 1
                guard attempts < mostAttempts else { throw error }
                try await ContinuousClock().sleep(for: min(.milliseconds(200) * (1 << attempts), .seconds(5)))
            }
        }
        let digest = try await file.finish()
        let count = await file.count
        guard digest == announced, what != .original || count == recording.size else {
            throw Failure(description: "The \(count) bytes that came are not those that the gateway announced.")
        }
        return digest
    }

    private static func continueFetch(
        _ what: What, of recording: RecordingMessage, with client: GatewayClient, into file: FileWriter, limit: UInt64
    ) async throws -> SHA256Digest {
        let id = recording.id.description
        let offset = await file.count
        // A Range behind the end is refused: there is nothing left to ask for.
        if what == .original, offset > 0, offset == recording.size, let sha256 = recording.sha256 { return sha256 }
        let take: @Sendable (AudioFacts, inout AnswerBody) async throws -> SHA256Digest = { facts, body in
            guard facts.length <= limit - min(limit, offset) else {
                throw Failure(description: "The gateway announces \(facts.length) bytes; at most \(limit) are taken.")
            }
            guard let sha256 = facts.sha256 else { throw Failure(description: "The gateway did not say the digest.") }
            var left = facts.length
            while let piece = try await body.next() {
                guard UInt64(piece.count) <= left else { throw Failure(description: "The gateway sent more bytes than it announced.") }
                left -= UInt64(piece.count)
                try await file.append(piece)
            }
            return sha256
        }
        let announced: SHA256Digest? =
            switch what {
            case .original: try await client.audio(of: id, from: offset, take)
            case .artifact(let name): try await client.artifact(name, of: id, from: offset, take)
            }
        guard let announced else { throw Failure(description: "The gateway does not have it yet.") }
        return announced
    }
}
