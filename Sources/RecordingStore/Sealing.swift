internal import EventLoop
internal import Ledger
internal import Logging
package import Recordings

/// The end of a pull (docs/custody.md, Keep).
extension CardCustody {
    package func seal(_ recording: ListedRecording) async throws -> SealOutcome {
        let (length, _, _) = try progress(of: recording.number)
        guard let id = part?.id else { throw CustodyError.misuse("No recording is being pulled.") }
        // (a)
        let durable = try await commitPart(proven: false)
        guard length == recording.size else { return .differs(resumeAt: durable) }
        return try await guarded {
            // (b): best effort, a file system without page cache has nothing to drop.
            do { try part?.file.dropFromCache() } catch {
                logger.debug("page cache not dropped", metadata: ["error": "\(error)"])
            }
            let copy = try folder.recordings.openFile(id.part, .read)
            let (size, digest) = try await FileDigest.compute(of: copy)
            guard size == length else { throw CustodyError.storage("The file of recording \(id) is not as long as what was written to it.") }
            let verdict = try await ledger.judge(id, sha256: digest, size: size)
            try sealer.observer?(.reread)
            switch verdict {
            case .keep: return try await keep(id, recording.number, size, digest, disputed: false)
            case .keepDisputed: return try await keep(id, recording.number, size, digest, disputed: true)
            case .same(let other):
                part = nil
                try folder.recordings.unlink(id.part)
                offers[recording.number] = other
                return .stored(digest, mayRelease: true)
            case .known:
                part = nil
                try folder.recordings.unlink(id.part)
                return .setAside
            case .resume(let offset):
                try part?.cut(to: offset)
                return .differs(resumeAt: offset)
            case .setAside:
                try part?.file.truncate(to: 0)
                part = nil
                return .setAside
            }
        }
    }

    /// (c) and (d).
    private func keep(_ id: RecordingID, _ number: UInt32, _ size: UInt64, _ digest: SHA256Digest, disputed: Bool) async throws -> SealOutcome {
        // Blocks that were reserved and not needed go back.
        try part?.file.truncate(to: Int(clamping: size))
        part = nil
        let mayRelease = try await sealer.keep(id, from: id.part, size: size, digest: digest, disputed: disputed)
        let facts: Logger.Metadata = ["card": "\(card)", "recording": "\(id)", "number": "\(number)", "bytes": "\(size)"]
        guard !disputed else {
            logger.warning("Two copies of a recording agree with each other and not with the card", metadata: facts)
            return .setAside
        }
        logger.info("Recording stored", metadata: facts)
        offers[number] = id
        return .stored(digest, mayRelease: mayRelease)
    }
}
