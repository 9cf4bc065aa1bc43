internal import EventLoop
internal import FoundationEssentials
internal import Ledger
internal import Recordings

/// The steps (c) and (d) of docs/custody.md, for a session that sealed a part and for the recovery at start.
///
/// Its methods run on the caller's executor, which must be the blocking thread.
struct Sealer: Sendable {
    let folder: StoreFolder
    let ledger: Ledger
    let settings: StoreSettings
    let observer: StepObserver?

    /// (c): sidecar and recording get their final names, durably. `from` is what the recording is called now; nil: it has its name.
    func makeFinal(_ id: RecordingID, from name: String?, size: UInt64, digest: SHA256Digest) async throws {
        try await writeSidecar(id, size: size, digest: digest)
        try observer?(.sidecarWritten)
        if let name { try folder.recordings.rename(name, to: id.file) }
        try observer?(.renamed)
        try folder.recordings.synchronize()
        try observer?(.folderSynchronised)
    }

    /// (d)
    ///
    /// - Returns: whether RELEASE may follow at once.
    func store(_ id: RecordingID, size: UInt64, digest: SHA256Digest, disputed: Bool) async throws -> Bool {
        let mayRelease = try await ledger.store(id, sha256: digest, size: size, disputed: disputed, policy: settings.release)
        try observer?(.storedInLedger)
        return mayRelease
    }

    /// What the recording is, for whoever finds the folder without its ledger.
    func writeSidecar(_ id: RecordingID, size: UInt64, digest: SHA256Digest) async throws {
        let info = try await ledger.recording(id)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let sidecar = Sidecar(
            id: id, key: info.key, gateway: ledger.identity.id, card: info.card, kind: info.kind.description, size: size, sha256: digest,
            started: info.started, clock: info.clock, durationMilliseconds: info.durationMilliseconds, written: ledger.environment.wall.now())
        let bytes = Array(try encoder.encode(sidecar))
        try unsafe folder.recordings.writeAtomically(id.sidecar, bytes.span.bytes)
    }
}
