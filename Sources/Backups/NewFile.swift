internal import Crypto
internal import EventLoop
internal import Glibc
internal import Recordings

/// Files as a backup handles them: made new, copied with their digest, never through a link.
enum NewFile {
    private static let piece = 1 << 20

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try DurableFile.open(path: path, .createNew)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
    }

    /// Copies a file that is no link into a new one.
    @discardableResult
    static func copy(_ path: String, to copy: String) throws -> (size: UInt64, sha256: Recordings.SHA256Digest) {
        let target = try DurableFile.open(path: copy, .createNew)
        var offset = 0
        let sum = try read(path) { bytes in
            try target.write(bytes, at: offset)
            offset += bytes.count
        }
        try target.synchronizeData()
        return sum
    }

    /// Size and digest of a file that is no link, all of which `body` is shown piece by piece.
    static func read(_ path: String, _ body: ([UInt8]) throws -> Void) throws -> (size: UInt64, sha256: Recordings.SHA256Digest) {
        let file = try DurableFile.open(path: path, .read)
        var hash = SHA256()
        var offset = 0
        while true {
            try Task.checkCancellation()
            var bytes = [UInt8](repeating: 0, count: piece)
            let count = try file.read(into: &bytes, at: offset)
            guard count > 0 else { break }
            bytes.removeLast(bytes.count - count)
            unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
            try body(bytes)
            offset += count
        }
        guard let digest = Recordings.SHA256Digest(Array(hash.finalize())) else { throw BackupError("\(path) has no digest.", "Try it again.") }
        return (UInt64(offset), digest)
    }
}

/// A folder of this process alone, with a name that nobody could foresee.
struct PrivateFolder {
    let path: String

    init(in parent: String, _ name: String) throws(BackupError) {
        let template = "\(parent)/\(name)-XXXXXX"
        var bytes = Array(template.utf8CString)
        let made = unsafe bytes.withUnsafeMutableBufferPointer { buffer in unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil }
        guard made else {
            let isDenied = errno == EACCES || errno == EPERM || errno == EROFS
            throw BackupError(
                "No folder can be made in \(parent) (error \(errno)).", isDenied ? "Run it with sudo." : "Is there room?", isDenied: isDenied)
        }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
