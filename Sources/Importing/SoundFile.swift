internal import Crypto
package import EventLoop
package import Recordings

/// A file that is to be imported: open for reading, never changed. Calls the disk: use it on a `FileThread`.
package final class SoundFile: Sendable {
    private static let piece = 1 << 20

    private let file: DurableFile
    package let name: String
    /// As it was when it was opened.
    package let status: FileStatus
    /// The first bytes.
    package let head: [UInt8]
    package let kind: AudioHead

    /// - Parameter folder: where it lies. A link is not followed.
    /// - Throws: `SystemError`; `NoFile` when it is a folder, a link or a device.
    package init(_ name: String, in folder: borrowing Directory) throws {
        // Before it is opened: to open a device may do something.
        guard try folder.status(of: name)?.kind ?? .file == .file else { throw NoFile() }
        file = try folder.openFile(name, .read)
        status = try file.status()
        guard status.kind == .file else { throw NoFile() }
        self.name = name
        var head = [UInt8](repeating: 0, count: AudioHead.length)
        let count = try file.read(into: &head, at: 0)
        self.head = Array(head.prefix(count))
        kind = AudioHead(self.head)
    }

    package struct NoFile: Error, Sendable, CustomStringConvertible {
        package let description = "it is no file, but a folder, a link or a device"
    }

    /// The digest of all of it.
    ///
    /// - Throws: `SystemError`; `Changed`; `CancellationError`.
    package func digest() throws -> Recordings.SHA256Digest {
        var hash = SHA256()
        var offset = 0
        var buffer = [UInt8](repeating: 0, count: Self.piece)
        while true {
            try Task.checkCancellation()
            let count = try file.read(into: &buffer, at: offset)
            if count == 0 { break }
            hash.update(data: buffer[..<count])
            offset += count
        }
        guard UInt64(offset) == status.size, try file.status() == status, let digest = Recordings.SHA256Digest(Array(hash.finalize())) else {
            throw Changed()
        }
        return digest
    }

    package struct Changed: Error, Sendable, CustomStringConvertible {
        package let description = "it changed while it was read"
    }

    /// Fewer bytes than asked for at the end of the file, none behind it.
    func read(at offset: Int, atMost count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try file.read(into: &bytes, at: offset)
        bytes.removeLast(count - got)
        return bytes
    }
}
