internal import EventLoop
internal import Ledger
internal import Logging
internal import Recordings

/// At start: makes files and ledger agree again, whatever step the process ended behind (docs/custody.md, Recovery).
///
/// May itself be interrupted anywhere and begun again. Runs on the caller's executor, the blocking thread.
struct Recovery {
    let sealer: Sealer
    let logger: Logger

    private var folder: StoreFolder { sealer.folder }
    private var ledger: Ledger { sealer.ledger }

    func run() async throws {
        try await setDamagedSidecarsAside()
        var withoutSidecar: [RecordingID] = []
        var names = Set(try folder.recordings.names())
        for name in names.filter({ $0.hasPrefix(".") && $0.hasSuffix(".new") }).sorted() { try folder.recordings.unlink(name) }
        let doubtful = try await takeWhatIsWhole(from: &names)
        for belief in try await ledger.fileBeliefs(doubtful) {
            let files = Files(final: names.remove(belief.id.file) != nil, part: names.remove(belief.id.part) != nil)
            let hasSidecar = names.remove(belief.id.sidecar) != nil
            try await settle(belief, files)
            if belief.sha256 != nil, !hasSidecar { withoutSidecar.append(belief.id) }
        }
        try await writeSidecars(of: withoutSidecar)
        for name in names.sorted() {
            guard let own = StoreName(name), try await ledger.knows(own.id) == false || own.kind != .sidecar else { continue }
            try folder.setAside(name)
            logger.warning("file without a row of the ledger set aside", metadata: ["file": "\(name)"])
        }
    }

    /// Takes out what is as the ledger has it: file, size, sidecar, and no part. A box has thousands of these, and its start waits for them.
    ///
    /// - Returns: what should be whole and is not so.
    private func takeWhatIsWhole(from names: inout Set<String>) async throws -> [RecordingID] {
        var doubtful: [RecordingID] = []
        for (id, size) in try await ledger.heldFiles() {
            let (file, sidecar) = (StoreName.text(id, .final), StoreName.text(id, .sidecar))
            if names.contains(file), names.contains(sidecar), !names.contains(StoreName.text(id, .part)), try folder.recordings.size(of: file) == size
            {
                names.remove(file)
                names.remove(sidecar)
            } else if let id = RecordingID(id) {
                doubtful.append(id)
            }
        }
        return doubtful
    }

    private struct Files {
        let final: Bool
        let part: Bool
    }

    /// First match.
    private func settle(_ belief: FileBelief, _ files: Files) async throws {
        let id = belief.id
        if belief.sha256 != nil, !belief.isMissing {
            if files.part { try folder.setAside(id.part) }
            return try await settleStored(belief, hasFile: files.final)
        }
        if files.final {
            if files.part { try folder.setAside(id.part) }
            return try await settleFinal(belief)
        }
        guard files.part else {
            if belief.durable > 0 { try await ledger.rewind(id, to: 0, because: "its part is gone.") }
            return
        }
        if belief.isUnwanted {
            // Another gateway holds it whole, or its user wants it gone.
            if belief.durable > 0 { try await ledger.rewind(id, to: 0, because: "it will not come any more.") }
            try folder.recordings.unlink(id.part)
            return
        }
        let part = try folder.recordings.openFile(id.part, .readWrite)
        let length = UInt64(try part.size())
        if length > belief.durable {
            // Behind the committed offset nothing was ever promised to be on the disk.
            try part.truncate(to: Int(clamping: belief.durable))
        } else if length < belief.durable {
            try await ledger.rewind(id, to: length, because: "the file ends there.")
        }
    }

    /// The row says stored.
    private func settleStored(_ belief: FileBelief, hasFile: Bool) async throws {
        let id = belief.id
        let length = try folder.recordings.size(of: id.file).map { UInt64($0) }
        if hasFile, length == belief.size { return }
        if hasFile { try folder.setAside(id.file) }
        try await ledger.noteMissing(
            id, cause: hasFile ? "Its file has \(length ?? 0) bytes instead of \(belief.size) and was set aside." : "Its file is gone.")
        logger.critical("the file of a stored recording is missing", metadata: ["recording": "\(id)"])
    }

    private func writeSidecars(of recordings: [RecordingID]) async throws {
        guard !recordings.isEmpty else { return }
        for id in recordings {
            if let content = try await ledger.sidecar(of: id) { try await sealer.scribe.write(content) }
        }
        try folder.recordings.synchronize()
    }

    /// A sidecar that is about to be written anew and is not one of ours is kept for whoever wants to know why.
    private func setDamagedSidecarsAside() async throws {
        for id in try await ledger.uncopiedSidecars() {
            guard let size = try folder.recordings.size(of: id.sidecar) else { continue }
            let bytes = size <= Sidecar.longest ? try folder.recordings.readFile(id.sidecar, limit: Sidecar.longest) : []
            var damage: CopyDamage?
            do { _ = try Sidecar.read(bytes, of: id) } catch { damage = error }
            guard let damage else { continue }
            try folder.setAside(id.sidecar)
            logger.warning("damaged sidecar set aside", metadata: ["file": "\(id.sidecar)", "reason": "\(damage)"])
        }
    }

    /// A file with its final name and a row that does not say stored: (b) and (d) again.
    private func settleFinal(_ belief: FileBelief) async throws {
        let id = belief.id
        let file = try folder.recordings.openFile(id.file, .read)
        let (size, digest) = try await FileDigest.compute(of: file)
        if belief.isMissing {
            if digest == belief.sha256 { return try await ledger.noteFound(id, size: size) }
            return try folder.setAside(id.file)
        }
        let verdict: PullVerdict = size == belief.listedSize ? try await ledger.judge(id, sha256: digest, size: size) : .resume(at: 0)
        switch verdict {
        case .keep, .keepDisputed:
            _ = try await sealer.keep(id, from: nil, size: size, digest: digest, disputed: verdict == .keepDisputed)
        case .same, .known:
            try folder.recordings.unlink(id.file)
        case .resume, .setAside:
            try folder.setAside(id.file)
            try await ledger.rewind(id, to: 0, because: "its file is not what the card lists and was set aside.")
        }
    }
}
