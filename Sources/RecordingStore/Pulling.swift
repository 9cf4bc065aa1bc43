internal import Bytes
internal import EventLoop
internal import Ledger
internal import Logging
package import Recordings

/// Bytes on their way: reserve, append, checkpoint.
extension CardCustody {
    /// A checkpoint is made at least each so many bytes or milliseconds.
    private static let checkpointBytes: UInt64 = 1 << 20
    private static let checkpointMilliseconds: Int64 = 2000
    /// A driver looks at the limit of a session between two transfers; the last one may end behind it.
    private static let sessionBytesAllowed = Limits.bytesPerSession + (2 << 20)

    package func begin(_ recording: ListedRecording) async throws -> UInt64 {
        let life = try session()
        part = nil
        guard recording.size <= Limits.recordingBytes else {
            throw CustodyError.limit("Bytes of one recording", came: recording.size, allowed: Limits.recordingBytes)
        }
        return try await guarded {
            let today = try await ledger.bytesToday(of: card)
            guard today < Limits.bytesPerDay else { throw await tooMuchToday(today, recording.number, life) }
            let pull = try await ledger.beginPull(recording, of: life)
            let file = try folder.recordings.openFile(pull.id.part, .create)
            var durable = pull.durable
            let length = UInt64(try file.size())
            if length < durable {
                durable = length
                try await ledger.rewind(pull.id, to: length, because: "the file ends there.")
            } else if length > durable {
                try file.truncate(to: Int(clamping: durable))
            }
            guard try reserve(file, durable: durable, size: recording.size) else {
                let needed = recording.size - min(durable, recording.size)
                try await ledger.noteDelay(of: recording.number, life, cause: "There is no room for its \(ByteSize.text(needed)); the card keeps it.")
                throw await noRoom(needed: needed)
            }
            try folder.recordings.synchronize()
            try await ledger.setCondition(StoreCondition.full, nil)
            part = OpenPart(id: pull.id, entry: recording, file: file, committed: durable, now: ledger.environment.bootNow)
            return durable
        }
    }

    package func append(_ bytes: [UInt8], to recording: UInt32) async throws {
        let (length, committed, size) = try progress(of: recording)
        let all = length + UInt64(bytes.count)
        guard all <= size else {
            part = nil
            throw CustodyError.limit("Bytes of recording \(recording), more than its list entry says", came: all, allowed: size)
        }
        sessionBytes += UInt64(bytes.count)
        guard sessionBytes <= Self.sessionBytesAllowed else {
            _ = try await commitPart(proven: false)
            part = nil
            throw CustodyError.limit("Bytes of one session", came: sessionBytes, allowed: Self.sessionBytesAllowed)
        }
        try await guarded {
            try part?.append(bytes)
            let age = ledger.environment.bootNow - (part?.committedAt ?? 0)
            if all - committed >= Self.checkpointBytes || age >= Self.checkpointMilliseconds { _ = try await commitPart(proven: false) }
        }
    }

    package func checkpoint(_ recording: UInt32, proven: Bool) async throws -> UInt64 {
        _ = try progress(of: recording)
        return try await commitPart(proven: proven)
    }

    package func discard(_ recording: UInt32, backTo offset: UInt64) async throws {
        let (length, committed, _) = try progress(of: recording)
        guard let id = part?.id, offset <= length else {
            throw CustodyError.misuse("Recording \(recording) has \(length) bytes; it cannot go back to \(offset).")
        }
        try await guarded {
            // The ledger first: were the file cut and the offset kept, the offset would count bytes that are not there.
            if offset < committed { try await ledger.rewind(id, to: offset, because: "the checksum of the transfer was wrong.") }
            try part?.cut(to: offset)
        }
    }

    /// fdatasync, then the offset.
    ///
    /// - Returns: the durable offset.
    func commitPart(proven: Bool) async throws -> UInt64 {
        try await guarded {
            guard let id = part?.id, let length = part?.length, let committed = part?.committed else {
                throw CustodyError.misuse("No recording is being pulled.")
            }
            guard length > committed || proven else { return committed }
            try part?.synchronise()
            try sealer.observer?(.partSynchronised)
            let today = try await ledger.advance(id, durable: length, proven: proven, added: length - committed)
            part?.didCommit(at: ledger.environment.bootNow)
            try sealer.observer?(.offsetCommitted)
            guard today <= Limits.bytesPerDay else { throw await tooMuchToday(today, part?.entry.number ?? 0, try session()) }
            return length
        }
    }

    /// Where the open part stands, when it is this recording's.
    func progress(of recording: UInt32) throws -> (length: UInt64, committed: UInt64, size: UInt64) {
        guard let entry = part?.entry, entry.number == recording, let length = part?.length, let committed = part?.committed else {
            throw CustodyError.misuse("Recording \(recording) is not the one that is being pulled.")
        }
        return (length, committed, entry.size)
    }

    /// Reserves the blocks of the whole recording. What the reserve of the volume would lose is given back.
    private func reserve(_ file: borrowing DurableFile, durable: UInt64, size: UInt64) throws -> Bool {
        let reserve = sealer.settings.reserve
        let free = try folder.recordings.freeBytes()
        // Nothing of a new part is allocated yet, so it can be refused before it takes anything.
        if durable == 0, free < reserve || free - reserve < size { return false }
        switch try Self.reserveBlocks(of: file, size) {
        case .reserved: if try folder.recordings.freeBytes() >= reserve { return true }
        case .impossible:
            if !hasWarnedOfReservation {
                logger.warning(
                    "the file system of the recordings cannot reserve room: a disk that fills up during a pull ends it",
                    metadata: ["folder": "\(folder.recordings.path)"])
            }
            hasWarnedOfReservation = true
            // Nothing was taken yet: what is still to come has to fit above the reserve.
            return free >= reserve && free - reserve >= size - min(durable, size)
        case .noRoom: break
        }
        try file.truncate(to: Int(clamping: durable))
        return false
    }

    private enum Reservation { case reserved, noRoom, impossible }

    private static func reserveBlocks(of file: borrowing DurableFile, _ size: UInt64) throws(SystemError) -> Reservation {
        var failure: SystemError?
        do {
            return try file.reserve(Int(clamping: size)) ? .reserved : .impossible
        } catch { failure = error }
        if let failure, !failure.isOutOfSpace { throw failure }
        return .noRoom
    }

    private func tooMuchToday(_ bytes: UInt64, _ recording: UInt32, _ life: CardLife) async -> any Error {
        do {
            try await ledger.noteDelay(
                of: recording, life,
                cause: "The card brought \(ByteSize.text(bytes)) in a day; \(ByteSize.text(Limits.bytesPerDay)) are allowed. It waits.")
        } catch { return error }
        return CustodyError.limit("Bytes of one card in a day", came: bytes, allowed: Limits.bytesPerDay)
    }
}
