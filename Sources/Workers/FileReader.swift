internal import EventLoop

/// An open file; calls the disk: use it on a `FileThread`.
package final class FileReader: Sendable {
    private let file: DurableFile

    /// - Throws: `SystemError`
    package init(_ path: String) throws { file = try DurableFile.open(path: path, .read) }

    /// Bytes.
    package var size: Int { get throws { try file.size() } }

    /// - Returns: fewer bytes than asked for at the end of the file, none behind it.
    /// - Throws: `SystemError`
    package func read(at offset: Int, atMost count: Int) throws -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: count)
        let count = try file.read(into: &piece, at: offset)
        piece.removeLast(piece.count - count)
        return piece
    }
}
