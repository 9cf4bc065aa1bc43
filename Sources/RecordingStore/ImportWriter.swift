internal import Crypto
internal import EventLoop
package import Ledger
package import Recordings

/// A file that somebody brings, on its way in: written to a name of its own; the ledger hears of it when it is whole, durable and read again.
///
/// Ends with `finish` or `abandon`; one that is merely dropped is waste for the next start.
package actor ImportWriter {
    /// What is said of a file beside its bytes.
    package struct Description: Sendable {
        package let sha256: Recordings.SHA256Digest
        package let claim: @Sendable (AudioFormat) -> ImportClaim

        package init(sha256: Recordings.SHA256Digest, claim: @escaping @Sendable (AudioFormat) -> ImportClaim) {
            self.sha256 = sha256
            self.claim = claim
        }
    }

    private let name: String
    private let file: DurableFile
    private let folder: StoreFolder
    private let keeper: ImportKeeper
    private let executor: any SerialExecutor
    private let announced: UInt64
    private var hash = SHA256()
    private var head: [UInt8] = []
    private var size: UInt64 = 0

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(name: String, file: consuming DurableFile, size: UInt64, folder: StoreFolder, keeper: ImportKeeper, executor: any SerialExecutor) {
        self.name = name
        self.file = file
        announced = size
        self.folder = folder
        self.keeper = keeper
        self.executor = executor
    }

    /// Appends.
    ///
    /// - Throws: `StoreError.notAudio` once enough came to see it; `.tooLarge` for more than was announced; `.failed`. Then call `abandon`.
    package func write(_ bytes: [UInt8]) throws {
        guard size + UInt64(bytes.count) <= announced else { throw StoreError.tooLarge("More than the \(announced) bytes that were announced came.") }
        do {
            try unsafe file.write(bytes.span.bytes, at: Int(clamping: size))
        } catch { throw error.isOutOfSpace ? StoreError.noRoom("\(error)") : StoreError.failed("\(error)") }
        hash.update(data: bytes)
        size += UInt64(bytes.count)
        guard head.count < AudioHead.length else { return }
        head += bytes.prefix(AudioHead.length - head.count)
        if head.count == AudioHead.length { _ = try format() }
    }

    /// All bytes came: checks them, makes them durable, reads them again, and they are a recording.
    ///
    /// - Returns: the recording; `isNew` is false when it was here already.
    /// - Throws: `StoreError.digestDiffers`, `.notAudio`, `.failed`, `.noRoom`; `LedgerError`. Nothing is kept of it then but what the next
    ///   start, or the same file brought again, goes on with.
    package func finish(_ description: Description) async throws -> (recording: RecordingInfo, isNew: Bool) {
        do {
            let format = try format()
            let digest = try FileDigest.digest(hash.finalize(), of: file.path)
            guard digest == description.sha256, size == announced else {
                throw StoreError.digestDiffers("\(size) bytes with SHA-256 \(digest) came; \(announced) with \(description.sha256) were announced.")
            }
            // Blocks that were reserved and not needed go back.
            try file.truncate(to: Int(clamping: size))
            try file.synchronizeData()
            // Best effort, a file system without page cache has nothing to drop.
            _ = try? file.dropFromCache()
            let copy = try folder.recordings.openFile(name, .read)
            let (length, again) = try await FileDigest.compute(of: copy)
            guard length == size, again == digest else { throw StoreError.failed("\(file.path) does not hold what was written to it.") }
            return try await keeper.keep(description.claim(format), from: name)
        } catch {
            await abandon()
            if let error = error as? SystemError { throw error.isOutOfSpace ? StoreError.noRoom("\(error)") : StoreError.failed("\(error)") }
            throw error
        }
    }

    /// Not wanted any more.
    package func abandon() async {
        // What cannot be deleted now is waste for the next start.
        _ = try? folder.recordings.unlink(name)
    }

    private func format() throws(StoreError) -> AudioFormat {
        switch AudioHead(head) {
        case .audio(let format): return format
        case .other(let what): throw .notAudio("This is \(what).")
        }
    }
}
