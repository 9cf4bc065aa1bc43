internal import APIClient
internal import GatewayAPI
internal import Recordings
internal import SystemPackage

/// Brings a recording's audio into a new file, piece by piece.
struct AudioFile: Sendable {
    let client: GatewayClient
    let recording: RecordingMessage
    /// `original` or `wav`.
    let format: String

    /// - Throws: `CommandEnd` with `waiting` while it is still being decoded; `APIError`. What was begun is taken away again.
    func save(to path: FilePath) async throws {
        let part = FilePath(path.string + ".part")
        let saved = try await client.audio(of: recording.id.description, format: format) { facts, body in
            let file = try NewFile(part)
            do {
                var size: UInt64 = 0
                while let piece = try await body.next() {
                    try file.append(piece)
                    size += UInt64(piece.count)
                }
                guard size == facts.length else { throw CommandEnd(.failed, "The gateway sent \(size) bytes of \(facts.length).") }
                try file.finish(as: path)
            } catch {
                file.abandon()
                throw error
            }
            return true
        }
        guard saved != nil else { throw CommandEnd(.waiting, "\(Shown.text(recording.ref)) is still being decoded. Try again in a moment.") }
    }
}
