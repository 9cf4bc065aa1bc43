internal import EventLoop
internal import Ledger
internal import Logging
internal import Recordings

/// The durable steps by which a file becomes a recording, one file after the other (docs/custody.md, Import).
actor ImportKeeper {
    private let sealer: Sealer
    private let logger: Logger
    private let turnstile: Turnstile
    private let executor: any SerialExecutor

    private var folder: StoreFolder { sealer.folder }
    private var ledger: Ledger { sealer.ledger }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(sealer: Sealer, logger: Logger, executor: any SerialExecutor) {
        self.sealer = sealer
        self.logger = logger
        self.executor = executor
        turnstile = Turnstile(executor: executor)
    }

    /// - Parameter name: of a file in recordings/, durable and read again; afterwards it has another name, or is gone.
    func keep(_ claim: ImportClaim, from name: String) async throws -> (recording: RecordingInfo, isNew: Bool) {
        await turnstile.enter()
        do {
            let kept = try await keepNow(claim, from: name)
            await turnstile.leave()
            return kept
        } catch {
            await turnstile.leave()
            throw error
        }
    }

    private func keepNow(_ claim: ImportClaim, from name: String) async throws -> (recording: RecordingInfo, isNew: Bool) {
        switch try await ledger.beginImport(claim) {
        case .known(let id):
            try folder.recordings.unlink(name)
            return (try await ledger.recording(id), false)
        case .missing(let id):
            try folder.recordings.rename(name, to: id.file)
            try folder.recordings.synchronize()
            try await ledger.noteFound(id, size: claim.size)
            return (try await ledger.recording(id), false)
        case .new(let id):
            do {
                // What the shelf and its number are must be told before the sidecar needs it.
                try await sealer.scribe.copy(.withoutSidecars)
                // From here on a lost ledger that is made anew from the sidecar finds the part.
                try folder.recordings.rename(name, to: id.part)
                try sealer.observer?(.importBegun)
                _ = try await sealer.keep(id, from: id.part, size: claim.size, digest: claim.sha256, disputed: false)
            } catch {
                await drop(id)
                throw error
            }
            return (try await ledger.recording(id), true)
        }
    }

    /// After a failure: a file that has its final name stays for the next start, or for the same file brought again.
    private func drop(_ id: RecordingID) async {
        do {
            guard try folder.recordings.size(of: id.file) == nil else { return }
            try folder.recordings.unlink(id.part)
            try folder.recordings.unlink(id.sidecar)
            try await ledger.dropImport(id)
        } catch {
            logger.warning("an import that failed is cleared away by the next start", metadata: ["recording": "\(id)", "error": "\(error)"])
        }
    }

    /// At start, before anything else looks at the folder: ends what an end of the process interrupted, where all bytes are here.
    func recover() async throws {
        for begun in try await ledger.unfinishedImports() {
            let (id, names) = (begun.id, [begun.id.file, begun.id.part])
            var isKept = false
            for name in names where try folder.recordings.size(of: name).map({ UInt64(clamping: $0) }) == begun.size && !isKept {
                let file = try folder.recordings.openFile(name, .read)
                guard try await FileDigest.compute(of: file).digest == begun.sha256 else { continue }
                _ = try await sealer.keep(id, from: name == id.file ? nil : name, size: begun.size, digest: begun.sha256, disputed: false)
                isKept = true
            }
            guard !isKept else { continue }
            // Whoever brought it had no answer and has it still.
            for name in names + [id.sidecar] { try folder.recordings.unlink(name) }
            try folder.recordings.synchronize()
            try await ledger.dropImport(id)
            logger.notice("an import that was interrupted was cleared away", metadata: ["recording": "\(id)"])
        }
    }
}
