internal import EventLoop
internal import Ledger
internal import Recordings

/// The steps (c) and (d) of docs/custody.md, for a session that sealed a part and for the recovery at start.
///
/// Its methods run on the caller's executor, which must be the blocking thread.
struct Sealer: Sendable {
    let folder: StoreFolder
    let ledger: Ledger
    let settings: StorePolicy
    let scribe: Scribe
    let observer: StepObserver?

    /// Sidecar and recording get their final names, durably; then the ledger has the recording as stored.
    ///
    /// - Parameter name: what the recording is called now; nil: it has its name.
    /// - Returns: whether RELEASE may follow at once.
    func keep(_ id: RecordingID, from name: String?, size: UInt64, digest: SHA256Digest, disputed: Bool) async throws -> Bool {
        let time = ledger.environment.wall.now()
        // It may be changed meanwhile: what the sidecar says is what is committed.
        let policy = settings.release
        // (c). The sidecar says what (d) will commit: a ledger that is lost between the two can be made anew from it.
        try await scribe.write(
            try await ledger.foretell(storing: id, sha256: digest, size: size, disputed: disputed, policy: policy, at: time))
        try observer?(.sidecarWritten)
        if let name { try folder.recordings.rename(name, to: id.file) }
        try observer?(.renamed)
        try folder.recordings.synchronize()
        try observer?(.folderSynchronised)
        // (d)
        let mayRelease = try await ledger.store(id, sha256: digest, size: size, disputed: disputed, policy: policy, at: time)
        try observer?(.storedInLedger)
        return mayRelease
    }
}
