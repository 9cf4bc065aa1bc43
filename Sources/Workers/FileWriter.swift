internal import Crypto
package import EventLoop
package import Recordings

/// A file that is written from its beginning to its end while its digest is computed, on a `FileThread`.
package actor FileWriter {
    private let thread: FileThread
    private let file: DurableFile
    private var hash = SHA256()
    /// Bytes written so far.
    package private(set) var count: UInt64 = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.unownedExecutor }

    package init(_ file: consuming sending DurableFile, on thread: FileThread) {
        self.file = file
        self.thread = thread
    }

    /// - Throws: `SystemError`.
    package func append(_ bytes: [UInt8]) throws {
        try unsafe file.write(bytes.span.bytes, at: Int(count))
        hash.update(data: bytes)
        count += UInt64(bytes.count)
    }

    /// Makes it durable.
    ///
    /// - Returns: the SHA-256 of all that was written.
    package func finish() throws -> Recordings.SHA256Digest? {
        try file.synchronizeData()
        return Recordings.SHA256Digest(Array(hash.finalize()))
    }
}

/// The SHA-256 and size of a file, computed on the calling thread, which may wait.
package func digest(of path: String) throws -> (sha256: Recordings.SHA256Digest?, size: UInt64) {
    let file = try DurableFile.open(path: path, .read)
    var hash = SHA256()
    var offset = 0
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        try Task.checkCancellation()
        let count = try file.read(into: &piece, at: offset)
        if count == 0 { break }
        hash.update(data: piece.prefix(count))
        offset += count
    }
    return (Recordings.SHA256Digest(Array(hash.finalize())), UInt64(offset))
}
