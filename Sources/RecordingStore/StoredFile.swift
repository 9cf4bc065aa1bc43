internal import EventLoop
package import Recordings

/// A whole file, open for reading; its bytes never change. Stays readable when the name is removed meanwhile.
package actor StoredFile {
    /// Bytes of one read.
    package static let pieceLimit = 1 << 20

    nonisolated package let size: UInt64
    nonisolated package let sha256: SHA256Digest
    private let file: DurableFile
    private let executor: any SerialExecutor

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(file: consuming DurableFile, size: UInt64, sha256: SHA256Digest, executor: any SerialExecutor) {
        self.file = file
        self.size = size
        self.sha256 = sha256
        self.executor = executor
    }

    /// At most `count` bytes (and `pieceLimit`) from `offset` on; empty behind the end.
    ///
    /// - Throws: `StoreError.failed`, also when the file is shorter than the ledger says.
    package func read(at offset: UInt64, upTo count: Int) throws -> [UInt8] {
        guard offset < size, count > 0 else { return [] }
        let wanted = Int(min(UInt64(min(count, Self.pieceLimit)), size - offset))
        var buffer = [UInt8](repeating: 0, count: wanted)
        do {
            let got = try file.read(into: &buffer, at: Int(clamping: offset))
            guard got == wanted else { throw StoreError.failed("\(file.path) ends before byte \(size).") }
            return buffer
        } catch let error as SystemError {
            throw StoreError.failed("\(error)")
        }
    }
}
