internal import EventLoop
internal import Ledger
internal import Logging
internal import Recordings

/// Writes what the ledger knows into the files beside it, from which `--rebuild` makes it anew (docs/custody.md, Rebuild): the journal, cards.json
/// and the sidecars of stored recordings.
///
/// An actor on the blocking thread. What is to be copied stands in the ledger until it is: after a failure or an end of the process the next call
/// goes on.
actor Scribe {
    private let folder: StoreFolder
    private let ledger: Ledger
    private let observer: StepObserver?
    private let executor: any SerialExecutor
    private var journal: Journal?
    /// What the files tell was true at this revision; nothing older is written over it.
    private var written: Int64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(folder: StoreFolder, ledger: Ledger, observer: StepObserver?, executor: any SerialExecutor) {
        self.folder = folder
        self.ledger = ledger
        self.observer = observer
        self.executor = executor
    }

    /// Returns once the files tell all that was committed before; costs one read of the ledger when they do already.
    func copy(_ extent: Ledger.CopyExtent) async throws {
        while true {
            let uncopied = try await ledger.uncopied(extent)
            guard !uncopied.marks.isEmpty else { return }
            // Another call read later and wrote before this one: what this one read may be old by now.
            guard uncopied.revision >= written else { continue }
            written = uncopied.revision
            try append(uncopied.extracts)
            if let cards = uncopied.cards {
                try folder.root.writeAtomically(CardsFile.name, try CopyFile.bytes(CardsFile(cards)))
            }
            if !uncopied.sidecars.isEmpty {
                for content in uncopied.sidecars { try write(content) }
                try folder.recordings.synchronize()
                try observer?(.sidecarsRenewed)
            }
            await ledger.didCopy(uncopied.marks)
        }
    }

    /// A sidecar under its name; its name is durable once the folder is.
    func write(_ content: SidecarContent) throws {
        let id = content.recording.id
        try folder.recordings.replace(id.sidecar, try CopyFile.bytes(Sidecar(content)))
    }

    private func append(_ extracts: [Extract]) throws {
        guard !extracts.isEmpty else { return }
        if journal == nil {
            journal = try Journal(
                in: try folder.root.makeDirectory(Self.journalFolder),
                head: JournalLine.Head(journal: 1, gateway: ledger.identity.id, schema: Ledger.schemaVersion))
        }
        try journal?.append(extracts)
        try observer?(.journalSynchronised)
    }

    static let journalFolder = "journal"
}
