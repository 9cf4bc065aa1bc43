/// The steps by which what a card held becomes durable, in their order (docs/custody.md). The process may end behind each.
package enum DurableStep: Int, Sendable, CaseIterable {
    /// The journal tells the committed events; the card may be told that it can forget them.
    case journalSynchronised
    /// Appended bytes are on the disk.
    case partSynchronised
    /// The ledger knows their offset.
    case offsetCommitted
    /// The whole part was read again from the disk, and its digest is as it should be.
    case reread
    /// The sidecar has its name.
    case sidecarWritten
    /// The recording has its final name; not durable yet.
    case renamed
    /// Both names are on the disk.
    case folderSynchronised
    /// The ledger has the recording as stored, its jobs are enqueued.
    case storedInLedger
    /// A file that somebody brought is whole and read again, and the ledger knows that it is being kept.
    case importBegun
    /// Sidecars tell the newest state of their recordings: RELEASE's answer, a delivery, another holder.
    case sidecarsRenewed

    /// Those of one pull, from the first byte to the row that says stored.
    package static let ofPull: [DurableStep] = [
        .partSynchronised, .offsetCommitted, .reread, .sidecarWritten, .renamed, .folderSynchronised, .storedInLedger,
    ]

    /// Those of a file that is imported, once all of it is here.
    package static let ofImport: [DurableStep] = [.importBegun, .sidecarWritten, .renamed, .folderSynchronised, .storedInLedger]
}

/// Called behind each step, on the blocking thread; what it throws ends the call there. Tests stop the store with it.
package typealias StepObserver = @Sendable (DurableStep) throws -> Void
