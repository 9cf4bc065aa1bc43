internal import Crypto
internal import EventLoop
package import Ledger
package import Recordings

/// A file of a worker on its way in: written to its own name, durable and checked before the ledger hears of it.
///
/// Ends with `finish` or `abandon`; one that is merely dropped is waste for the next start's sweep.
package actor ArtifactWriter {
    /// Bytes of one artifact: what a WAV file can hold, which is 12 hours of 48 kHz mono; beyond that, `decode` takes a lower rate.
    package static let limit: UInt64 = 4 << 30

    /// So many bytes wait for the disk at most: everybody's files share one thread, and one `fdatasync` of them all would outlast leases.
    private static let unsynchronizedLimit: UInt64 = 8 << 20

    private let name: String
    private let file: DurableFile
    private let files: RecordingFiles
    private let folder: StoreFolder
    private let ledger: Ledger
    private let executor: any SerialExecutor
    private var hash = SHA256()
    private var size: UInt64 = 0
    private var synchronized: UInt64 = 0

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        name: String, file: consuming DurableFile, files: RecordingFiles, folder: StoreFolder, ledger: Ledger, executor: any SerialExecutor
    ) {
        self.name = name
        self.file = file
        self.files = files
        self.folder = folder
        self.ledger = ledger
        self.executor = executor
    }

    /// Appends.
    ///
    /// - Throws: `StoreError.tooLarge`, `.failed`; then call `abandon`.
    package func write(_ bytes: [UInt8]) throws {
        guard size + UInt64(bytes.count) <= Self.limit else { throw StoreError.tooLarge("An artifact has at most \(Self.limit) bytes.") }
        do {
            try unsafe file.write(bytes.span.bytes, at: Int(clamping: size))
            if size - synchronized >= Self.unsynchronizedLimit {
                try file.synchronizeData()
                synchronized = size
            }
        } catch { throw StoreError.failed("\(error)") }
        hash.update(data: bytes)
        size += UInt64(bytes.count)
    }

    /// All bytes came: checks them, makes them durable and tells the ledger.
    ///
    /// - Throws: `StoreError.digestDiffers`; `LedgerError` `lease_lost`. The file is gone then.
    package func finish(as artifact: String, _ claim: ArtifactClaim, for job: JobID, token: String) async throws {
        do {
            let digest = try FileDigest.digest(hash.finalize(), of: file.path)
            guard digest == claim.sha256, size == claim.size else {
                throw StoreError.digestDiffers("\(size) bytes with SHA-256 \(digest) came; \(claim.size) with \(claim.sha256) were announced.")
            }
            try file.synchronizeData()
            try folder.artifacts.synchronize()
            let replaced = try await ledger.received(artifact: artifact, claim, file: name, for: job, token: token)
            await files.didArrive(name)
            for old in replaced { _ = try? folder.artifacts.unlink(old) }
        } catch {
            await abandon()
            if let error = error as? SystemError { throw StoreError.failed("\(error)") }
            throw error
        }
    }

    /// Not wanted any more.
    package func abandon() async {
        // What cannot be deleted now is swept at the next start. Its room is free at once, although the file is still open here, and in a
        // child process between fork and exec.
        _ = try? file.truncate(to: 0)
        _ = try? folder.artifacts.unlink(name)
        await files.didArrive(name)
    }
}
