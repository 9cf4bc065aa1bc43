package import APIClient
internal import EventLoop
package import GatewayAPI
package import Recordings
package import Workers

/// Brings files to the gateway, one after the other.
package struct Importer: Sendable {
    /// What is said of a file beside its bytes.
    package struct Wish: Sendable, Hashable {
        /// The id of whose it is.
        package var holder: String?
        package var kind: String?
        /// Instead of what the file tells.
        package var started: UTCTime?
        /// Only say what would happen.
        package var isDry = false

        package init() {}
    }

    package enum Outcome: Sendable {
        case imported(RecordingMessage)
        /// The same bytes are here.
        case known(RecordingMessage)
        /// It would be imported.
        case new(StartOfFile)
        /// It is no recording of a kind that is taken: why.
        case refused(String)
    }

    /// Whether an error is about the one file, so that others may fare better.
    package static func isOfOneFile(_ error: APIError) -> Bool {
        switch error.problem?.code.known {
        case .mediaTypeUnknown, .tooLarge, .digestDiffers: true
        default: false
        }
    }

    private static let piece = 256 << 10

    private let client: GatewayClient
    private let files: FileThread

    package init(_ client: GatewayClient, on files: FileThread) {
        self.client = client
        self.files = files
    }

    /// Returns when the recording is durable at the gateway. Said again for the same file it does no harm.
    ///
    /// - Parameter progress: bytes that the gateway took so far; called often.
    /// - Throws: `APIError`; `SystemError`; `SoundFile.Changed`; `CancellationError`.
    package func bring(
        _ file: SoundFile, _ wish: Wish = Wish(), progress: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) async throws -> Outcome {
        if case .other(let what) = file.kind { return .refused("It is \(what); \(AudioFormat.names) are taken.") }
        let size = file.status.size
        guard size <= Limits.importBytes else { return .refused("It has \(size) bytes; \(Limits.importBytes) are the most that is taken.") }
        let (start, sha256) = try await files.perform { () throws -> (StartOfFile, SHA256Digest) in
            (wish.started.map { StartOfFile($0, .person) } ?? StartOfFile(file), try file.digest())
        }
        if let known = try await client.recording(with: sha256) { return .known(known) }
        guard !wish.isDry else { return .new(start) }
        var request = GatewayClient.ImportRequest(file: file.name, sha256: sha256, size: size)
        (request.holder, request.kind, request.started, request.startedFrom) = (wish.holder, wish.kind, start.time, start.source)
        let (recording, isNew) = try await client.importRecording(request) { [files] writer in
            var offset = 0
            while offset < Int(clamping: size) {
                let piece = try await files.perform { [offset] in try file.read(at: offset, atMost: Self.piece) }
                guard !piece.isEmpty else { return }
                try await writer.write(piece)
                offset += piece.count
                progress(UInt64(offset))
            }
        }
        return isNew ? .imported(recording) : .known(recording)
    }
}
