internal import Bytes
internal import EventLoop
package import Ledger
package import Logging
package import Recordings

/// The recording files of one gateway, and the order of durable steps (docs/custody.md).
///
/// An actor on the blocking thread, the one that the ledger has.
package actor RecordingFiles {
    private let sealer: Sealer
    private let logger: Logger
    private let executor: any SerialExecutor
    private let imports: ImportKeeper
    private var custodies: [CardID: CardCustody] = [:]
    /// Artifacts that arrive now: no waste, though the ledger does not know them yet.
    private var arriving: Set<String> = []

    /// Whose cards these are; nil: this gateway has no owner key.
    nonisolated package var owner: OwnerKeyring? { sealer.settings.owner }

    private var folder: StoreFolder { sealer.folder }

    nonisolated package var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private init(sealer: Sealer, logger: Logger, executor: any SerialExecutor) {
        self.sealer = sealer
        self.logger = logger
        self.executor = executor
        imports = ImportKeeper(sealer: sealer, logger: logger, executor: executor)
    }

    /// Opens the folders in `root`, which must exist, and puts right what an earlier end of the process left.
    ///
    /// - Parameter observer: called behind each durable step; for tests.
    /// - Throws: `StoreError` when a folder cannot be used; `LedgerError`.
    package static func open(
        root: String, ledger: Ledger, settings: StoreSettings, logger: Logger, executor: any SerialExecutor, observer: StepObserver? = nil
    ) async throws -> RecordingFiles {
        let opener = FolderOpener(executor: executor)
        let folder = try await opener.open(root)
        let scribe = Scribe(folder: folder, ledger: ledger, observer: observer, executor: executor)
        let sealer = Sealer(folder: folder, ledger: ledger, settings: StorePolicy(settings), scribe: scribe, observer: observer)
        let files = RecordingFiles(sealer: sealer, logger: logger, executor: executor)
        try await files.recover()
        return files
    }

    /// Takes new settings over: what is sealed and released from now on follows them.
    package func use(release: ReleasePolicy, reserve: UInt64) {
        sealer.settings.use(StoreSettings(release: release, reserve: reserve, owner: sealer.settings.owner))
    }

    /// The sink of a paired card: one for each, however often it is asked for.
    package func custody(of card: CardID) -> CardCustody {
        if let custody = custodies[card] { return custody }
        let custody = CardCustody(card: card, sealer: sealer, logger: logger, executor: executor)
        custodies[card] = custody
        return custody
    }

    /// A stored recording for reading.
    ///
    /// - Throws: `StoreError.notHere` as long as it is not stored, or when its file is gone.
    package func open(_ id: RecordingID) async throws -> StoredFile {
        let info = try await sealer.ledger.recording(id)
        guard info.isHeld, let digest = info.sha256 else {
            throw StoreError.notHere("\(info.ref) is \(info.state.rawValue); its bytes are not here.")
        }
        return try open(id.file, in: .recordings, size: info.size, digest: digest)
    }

    /// An artifact for reading.
    ///
    /// - Throws: `LedgerError` `not_found`; `StoreError.notHere` when its file is gone.
    package func openArtifact(of id: RecordingID, name: String) async throws -> StoredFile {
        let info = try await sealer.ledger.artifact(of: id, name: name)
        return try open(info.file, in: .artifacts, size: info.size, digest: info.sha256)
    }

    /// Takes in a file that a worker made; it stays only if `done` names it.
    ///
    /// - Parameter size: its bytes; they are reserved.
    /// - Throws: `StoreError.noRoom` when the reserve of the volume, which is for events and the ledger, would be touched.
    package func receiveArtifact(size: UInt64) throws -> ArtifactWriter {
        let name = "art_" + String(sealer.ledger.environment.random(), radix: 36) + String(sealer.ledger.environment.random(), radix: 36)
        do {
            let (free, reserve) = (try folder.artifacts.freeBytes(), sealer.settings.reserve)
            guard free >= reserve, free - reserve >= size else {
                throw StoreError.noRoom("There is no room for \(ByteSize.text(size)): a reserve of \(ByteSize.text(reserve)) is kept.")
            }
            let file = try folder.artifacts.openFile(name, .createNew)
            do {
                try file.reserve(Int(clamping: size))
            } catch {
                try folder.artifacts.unlink(name)
                throw error
            }
            arriving.insert(name)
            return ArtifactWriter(name: name, file: file, files: self, folder: folder, ledger: sealer.ledger, executor: executor)
        } catch let error as SystemError {
            throw error.isOutOfSpace ? StoreError.noRoom("\(error)") : StoreError.failed("\(error)")
        }
    }

    /// Takes in a file that somebody brings.
    ///
    /// - Parameter size: its bytes; they are reserved.
    /// - Throws: `StoreError.noRoom` when the reserve of the volume would be touched; `.tooLarge`.
    package func receiveImport(size: UInt64) throws -> ImportWriter {
        guard size <= Limits.importBytes else { throw StoreError.tooLarge("A recording that is imported has at most \(Limits.importBytes) bytes.") }
        // A start sweeps what has such a name.
        let name = ".import-" + String(sealer.ledger.environment.random(), radix: 36) + ".new"
        do {
            let (free, reserve) = (try folder.recordings.freeBytes(), sealer.settings.reserve)
            guard free >= reserve, free - reserve >= size else {
                throw StoreError.noRoom("There is no room for \(size) bytes: a reserve of \(reserve) is kept.")
            }
            let file = try folder.recordings.openFile(name, .createNew)
            do {
                try file.reserve(Int(clamping: size))
            } catch {
                try folder.recordings.unlink(name)
                throw error
            }
            return ImportWriter(name: name, file: file, size: size, folder: folder, keeper: imports, executor: executor)
        } catch let error as SystemError {
            throw error.isOutOfSpace ? StoreError.noRoom("\(error)") : StoreError.failed("\(error)")
        }
    }

    /// Deletes artifacts that no `done` named and none can name any more. Call it now and then.
    ///
    /// - Returns: how many files went.
    @discardableResult
    package func sweep() async throws -> Int {
        do {
            // The folder first: a file that arrives while the ledger is asked is not in this list.
            let present = try folder.artifacts.list().filter { !arriving.contains($0) }
            let named = try await sealer.ledger.artifactFiles()
            let waste = present.filter { !named.contains($0) }
            for name in waste { try folder.artifacts.unlink(name) }
            return waste.count
        } catch let error as SystemError { throw StoreError.failed("\(error)") }
    }

    /// Bytes that an ordinary program could still write to the volume, and how many of them recordings leave alone.
    package func room() throws -> (free: UInt64, reserve: UInt64) {
        do { return (try folder.recordings.freeBytes(), sealer.settings.reserve) } catch { throw StoreError.failed("\(error)") }
    }

    /// Returns once the files beside the ledger tell all that was committed before.
    ///
    /// - Throws: `StoreError.failed`; what is not told yet is told by the next call.
    package func copy() async throws {
        do { try await sealer.scribe.copy(.everything) } catch let error as SystemError { throw StoreError.failed("\(error)") }
    }

    /// Keeps the files beside the ledger true to it. Until cancelled.
    ///
    /// A failure, of a full disk for one, is a condition of the gateway until it worked again; custody does not wait for it, but no event is
    /// acknowledged to a card before the journal has it.
    package func keepCopies() async throws {
        while true {
            let mark = sealer.ledger.signals.mark(.changes)
            do {
                try await copy()
                try await sealer.ledger.setCondition(StoreCondition.copies, nil)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.error("the files beside the ledger are behind it", metadata: ["error": "\(error)"])
                // On a full disk the ledger cannot take it either.
                _ = try? await sealer.ledger.setCondition(
                    StoreCondition.copies, "The journal or the sidecars, from which a lost ledger is made anew, could not be written: \(error)")
                try await sealer.ledger.environment.sleep(Self.retryAfter)
                continue
            }
            try Task.checkCancellation()
            await sealer.ledger.signals.wait(since: mark)
            try await sealer.ledger.environment.sleep(Self.gathering)
        }
    }

    /// Changes of this long are written at once: a recording's pull, its RELEASE and its jobs make several commits.
    private static let gathering = Duration.milliseconds(500)

    /// After this long a disk that could not be written is tried again.
    private static let retryAfter = Duration.seconds(10)

    /// The artifact is known to the ledger, or gone.
    func didArrive(_ name: String) { arriving.remove(name) }

    private enum Place { case recordings, artifacts }

    private func open(_ name: String, in place: Place, size: UInt64, digest: SHA256Digest) throws -> StoredFile {
        do {
            let file = place == .recordings ? try folder.recordings.openFile(name, .read) : try folder.artifacts.openFile(name, .read)
            return StoredFile(file: file, size: size, sha256: digest, executor: executor)
        } catch  where error.isNotFound {
            throw StoreError.notHere("The file \(name) is gone.")
        } catch {
            throw StoreError.failed("\(error)")
        }
    }

    private func recover() async throws {
        do {
            try await imports.recover()
            try await Recovery(sealer: sealer, logger: logger).run()
            try await sweep()
        } catch let error as SystemError {
            throw StoreError.failed("\(error)")
        }
    }
}
