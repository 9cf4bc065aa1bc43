internal import Crypto
internal import EventLoop
internal import Recordings

/// Size and SHA-256 of a file, read in pieces. Runs on the caller's executor; its other jobs run between the pieces.
enum FileDigest {
    static let piece = 1 << 20

    /// - Throws: `SystemError`; `CancellationError` between two pieces.
    static func compute(of file: borrowing DurableFile) async throws -> (size: UInt64, digest: Recordings.SHA256Digest) {
        var hash = SHA256()
        var size = 0
        var buffer = [UInt8](repeating: 0, count: piece)
        while true {
            try Task.checkCancellation()
            let count = try file.read(into: &buffer, at: size)
            if count == 0 { break }
            hash.update(data: buffer[..<count])
            size += count
            await Task.yield()
        }
        return (UInt64(size), try digest(hash.finalize(), of: file.path))
    }

    static func digest(_ value: SHA256.Digest, of path: String) throws -> Recordings.SHA256Digest {
        guard let digest = SHA256Digest(Array(value)) else { throw SystemError(code: 5, call: "sha256", path: path) }
        return digest
    }
}
