internal import SystemPackage

/// The file that a program's standard error goes to, of all its starts.
struct ProgramLog: Sendable {
    /// What is told of a failure: its last line, if that is no novel.
    private static let tail = 1000

    let path: FilePath

    /// Opens it for one start.
    ///
    /// - Returns: the descriptor, and where this start's lines begin.
    func open() throws -> (descriptor: FileDescriptor, begin: Int64) {
        do {
            let descriptor = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: [.ownerReadWrite])
            return (descriptor, try descriptor.seek(offset: 0, from: .end))
        } catch let error as Errno {
            throw ProgramFailure(description: "\(path) cannot be written: \(error).")
        }
    }

    /// The last line behind a place in the file; nil when nothing was said.
    func lastLine(since begin: Int64) -> String? {
        guard let descriptor = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return nil }
        defer { try? descriptor.close() }
        guard let end = try? descriptor.seek(offset: 0, from: .end), end > begin else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(min(end - begin, Int64(Self.tail))))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe try? descriptor.read(fromAbsoluteOffset: end - Int64($0.count), into: $0) }
        return String(decoding: bytes.prefix(count ?? 0), as: UTF8.self).split(separator: "\n").last.map(String.init)
    }
}
