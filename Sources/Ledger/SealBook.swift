internal import Bytes
internal import GRDB
package import Recordings

/// The end of a pull, in the order of docs/custody.md.
extension Ledger {
    /// The first back-off between pulls that differ; it grows fourfold.
    package static let pullBackOff: Duration = .seconds(60)

    /// Compares a part's digest with what the card lists and with earlier pulls; nothing is final yet.
    package func judge(_ id: RecordingID, sha256: SHA256Digest, size: UInt64) throws -> PullVerdict {
        try write { transaction in
            let (row, life) = try CustodyRow.one(id, transaction)
            // A file that was lost here must come back as it was.
            let isWanted = row.sha256.map { $0 == sha256 } ?? row.entry.digestPrefix.map { $0 == sha256.prefix } ?? true
            guard isWanted else { return try Self.reject(row, life, sha256, size, transaction) }
            let copies = try CustodyRow.copies(of: row.number, life, transaction)
            guard let same = copies.first(where: { $0.id != id && $0.isHeld && $0.sha256 == sha256 }) else {
                try Self.forgetRejections(of: sha256, row, life, transaction)
                return .keep
            }
            try Self.noteRejection(row, life, sha256, transaction)
            try transaction.execute("DELETE FROM recording WHERE id = ?", [id.description])
            try transaction.step(same.id, "pulled_again", "A second whole pull has the same digest; the card is asked once more.")
            try transaction.markChanged(same.id)
            return .same(as: same.id)
        }
    }

    /// The file is durable under its final name: the recording is stored, its jobs are enqueued. Said twice it does no harm.
    ///
    /// - Parameter time: when it counts as stored; nil: now.
    /// - Returns: whether policy lets RELEASE follow at once.
    package func store(
        _ id: RecordingID, sha256: SHA256Digest, size: UInt64, disputed: Bool, policy: ReleasePolicy, at time: UTCTime? = nil
    ) throws -> Bool {
        try write(at: time) { try Self.store(id, sha256: sha256, size: size, disputed: disputed, policy: policy, $0) }
    }

    static func store(
        _ id: RecordingID, sha256: SHA256Digest, size: UInt64, disputed: Bool, policy: ReleasePolicy, _ transaction: Transaction
    ) throws -> Bool {
        let (row, life) = try CustodyRow.one(id, transaction)
        let state: RecordingState = disputed ? .disputed : .stored
        let mayRelease = !disputed && (policy == .stored || !row.isCurrent || row.isDelivered)
        if row.isHeld, row.sha256 == sha256 { return mayRelease }
        try transaction.execute(
            """
            UPDATE recording SET state = ?1, cause = ?2, sha256 = ?3, size = ?4, durable = ?4, proven = ?4, retry_at = 0,
                stored_at = coalesce(stored_at, ?5) WHERE id = ?6
            """,
            [
                state.rawValue, disputed ? Self.disputedCause : nil, sha256.description, Int64(clamping: size),
                transaction.now.milliseconds, id.description,
            ])
        try transaction.step(id, state.rawValue, "\(size) bytes, SHA-256 \(sha256).")
        try transaction.markChanged(id)
        // Nothing speaks against one beside, either, when the card gave it the number of another that it accepted.
        let others = row.isCurrent ? [] : try CustodyRow.copies(of: row.number, life, transaction).filter { $0.id != id }
        let isAlone = !disputed && others.allSatisfy { $0.state == .proven }
        try Self.enqueueStored(
            try RecordingRows.require(id, transaction.db), held: isAlone ? nil : "Waits for its digest to be settled.", transaction)
        if isAlone { try Self.releaseJobs(of: id, transaction) }
        if isAlone, row.sha256 == nil { try Self.emitStored(id, life, sha256, size, transaction) }
        if disputed { try transaction.emit("recording.disputed", card: life.card, recording: id) }
        if try isImport(id, transaction) { try prove(id, transaction) }
        return mayRelease
    }

    /// The card answered RELEASE of that copy.
    package func answer(_ id: RecordingID, _ answer: ReleaseAnswer) throws -> ReleaseOutcome {
        try write { transaction in
            let (row, life) = try CustodyRow.one(id, transaction)
            try transaction.execute(
                "UPDATE recording SET release_answer = ?, release_answered_at = ? WHERE id = ?",
                [answer.text, transaction.now.milliseconds, id.description])
            try transaction.markChanged(id)
            switch answer {
            case .accepted:
                try Self.accepted(row, life, transaction)
                return .done
            case .gone:
                if row.state == .contested || row.state == .disputed {
                    try Self.goneUnaccepted(row, life, transaction)
                } else {
                    try Self.accepted(row, life, transaction)
                }
                return .done
            case .refused(let result):
                try transaction.step(id, "release_refused", "The card answered result \(result); asked again in a later session.")
                return .done
            case .digestDiffers:
                return try Self.contest(row, life, transaction)
            }
        }
    }

    private static func accepted(_ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws {
        guard row.state != .proven else { return }
        let copies = try CustodyRow.copies(of: row.number, life, transaction)
        let former = copies.first { $0.isCurrent && $0.id != row.id }
        // A copy that the card accepted before stays the recording; else this one is it.
        if let former, former.state != .proven {
            try transaction.execute("UPDATE recording SET current = 0 WHERE id = ?", [former.id.description])
            try transaction.execute("UPDATE recording SET current = 1 WHERE id = ?", [row.id.description])
        }
        for copy in copies where copy.id != row.id && copy.state != .proven {
            guard copy.isHeld else {
                try transaction.execute("DELETE FROM recording WHERE id = ? AND current = 0", [copy.id.description])
                continue
            }
            try setState(.contested, of: copy.id, "The card accepted another copy, \(row.id).", transaction)
            for job in try transaction.rows("SELECT * FROM job WHERE recording = ? AND state = 'held'", [copy.id.description]) {
                try bury(job, reason: ForeignText("The card accepted another copy of this recording."), transaction)
            }
        }
        // The next recording that a faulty card gives this number has its own pulls.
        try transaction.execute("DELETE FROM rejected_pull WHERE card = ? AND generation = ? AND number = ?", life.arguments + [Int64(row.number)])
        try transaction.execute("UPDATE recording SET proven_at = ? WHERE id = ?", [transaction.now.milliseconds, row.id.description])
        try setState(.proven, of: row.id, nil, step: "release_accepted", transaction)
        // One that waited for its digest to be settled may not have been announced.
        if former != nil || row.state != .stored { try settle(row, life, transaction) } else { try releaseJobs(of: row.id, transaction) }
        try transaction.emit("recording.released", card: life.card, recording: row.id)
    }

    /// The card has it no more and never accepted the copy that is here; of one that is pulled beside it nothing more will come.
    private static func goneUnaccepted(_ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws {
        let other = try isServedByAnother(life, transaction)
        let cause = "The card has it no more and never accepted its digest"
        try setState(
            .disputed, of: row.id, other ? "\(cause); another gateway serves this card and may have released another copy." : "\(cause).",
            step: "release_gone", transaction)
        try endBeside(row, as: other ? .releasedElsewhere : .vanished, "The card has it no more.", life, transaction)
    }

    /// The card does not accept the copy that is here, and may forget what it has: so another gateway holds that.
    private static func goneElsewhere(_ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws {
        try noteForeignRelease(life, transaction)
        try setState(.disputed, of: row.id, "Another gateway released it with another digest and holds that.", step: "release_differs", transaction)
        try transaction.emit("recording.disputed", card: life.card, recording: row.id)
        try endBeside(row, as: .releasedElsewhere, "Another gateway released it and holds it.", life, transaction)
    }

    private static func endBeside(_ row: CustodyRow, as state: RecordingState, _ cause: String, _ life: CardLife, _ transaction: Transaction) throws {
        for copy in try CustodyRow.copies(of: row.number, life, transaction) where copy.isOpenBeside {
            try setState(state, of: copy.id, cause, transaction)
        }
    }

    /// Somebody else quoted the digest of a recording of this generation.
    static func noteForeignRelease(_ life: CardLife, _ transaction: Transaction) throws {
        try transaction.execute("UPDATE generation SET foreign_released = 1 WHERE card = ? AND number = ?", life.arguments)
    }

    /// Result 5: the card says that these are not its bytes.
    private static func contest(_ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws -> ReleaseOutcome {
        guard let digest = row.sha256, row.state != .proven else { return .done }
        try noteRejection(row, life, digest, transaction)
        try holdJobs(of: row.id, transaction)
        let head = CustodyRow.head(of: try CustodyRow.copies(of: row.number, life, transaction)) ?? row
        if row.id == head.id, row.state == .contested, row.entry.flags.contains(.released) {
            try goneElsewhere(row, life, transaction)
            return .done
        }
        let (agreeing, all) = try rejections(of: digest, row.number, life, transaction)
        if agreeing >= 2 {
            for id in row.id == head.id ? [row.id] : [row.id, head.id] { try setState(.disputed, of: id, disputedCause, transaction) }
            try transaction.emit("recording.disputed", card: life.card, recording: head.id)
            return .done
        }
        if row.id != head.id { try setState(.contested, of: row.id, "The card did not accept its digest.", transaction) }
        guard all < Limits.differingPulls else {
            try giveUp(head.id, life, transaction)
            return .done
        }
        try setState(
            .contested, of: head.id, "The card did not accept its digest; a second copy is pulled beside it.", step: "release_differs",
            transaction)
        guard all > 1 else { return .pullAgain }
        try wait(head.id, after: all, transaction)
        return .done
    }

    /// The list shows another digest than a whole pull has.
    private static func reject(_ row: CustodyRow, _ life: CardLife, _ digest: SHA256Digest, _ size: UInt64, _ transaction: Transaction) throws
        -> PullVerdict
    {
        if row.proven < size {
            try transaction.execute("UPDATE recording SET durable = proven WHERE id = ?", [row.id.description])
            try transaction.step(row.id, "digest_differs", "Its digest is not the one listed; READ again from the last proven byte, \(row.proven).")
            return .resume(at: row.proven)
        }
        try noteRejection(row, life, digest, transaction)
        let (agreeing, all) = try rejections(of: digest, row.number, life, transaction)
        let copies = try CustodyRow.copies(of: row.number, life, transaction)
        if !row.isCurrent, let same = copies.first(where: { $0.id != row.id && $0.isHeld && $0.sha256 == digest }) {
            try transaction.execute("DELETE FROM recording WHERE id = ?", [row.id.description])
            try transaction.step(same.id, "pulled_again", "Another whole pull has the same digest, which is not the one listed.")
            if same.state != .proven { try setState(.disputed, of: same.id, disputedCause, transaction) }
            return .known
        }
        if agreeing >= 2 { return .keepDisputed }
        try transaction.execute(
            "UPDATE recording SET durable = 0, proven = 0, pulls = pulls + 1 WHERE id = ?", [row.id.description])
        try transaction.step(row.id, "digest_differs", "Its digest is not the one listed, and every byte was proven: from byte 0 again.")
        guard all < Limits.differingPulls else {
            try giveUp((CustodyRow.head(of: copies) ?? row).id, life, transaction)
            return .setAside
        }
        guard all > 1 else { return .resume(at: 0) }
        try wait(row.id, after: all, transaction)
        return .setAside
    }

    /// One independent pull counts once.
    private static func noteRejection(_ row: CustodyRow, _ life: CardLife, _ digest: SHA256Digest, _ transaction: Transaction) throws {
        let known = try transaction.row(
            "SELECT 1 FROM rejected_pull WHERE card = ? AND generation = ? AND number = ? AND pull = ?",
            life.arguments + [Int64(row.number), row.pull])
        guard known == nil else { return }
        try transaction.execute(
            "INSERT INTO rejected_pull (card, generation, number, pull, sha256, at) VALUES (?, ?, ?, ?, ?, ?)",
            life.arguments + [Int64(row.number), row.pull, digest.description, transaction.now.milliseconds])
    }

    /// The list fits now what it did not fit before: a block went bad behind the list that was read then. Nobody asked the card itself yet.
    private static func forgetRejections(of digest: SHA256Digest, _ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws {
        guard row.sha256 == nil, row.entry.digestPrefix != nil else { return }
        try transaction.execute(
            "DELETE FROM rejected_pull WHERE card = ? AND generation = ? AND number = ? AND sha256 = ?",
            life.arguments + [Int64(row.number), digest.description])
    }

    /// How many independent pulls the card did not accept, and how many of them have this digest.
    static func rejections(of digest: SHA256Digest, _ number: UInt32, _ life: CardLife, _ transaction: Transaction) throws
        -> (agreeing: Int, all: Int)
    {
        let row = try transaction.row(
            """
            SELECT count(*) AS pulls, coalesce(sum(sha256 = ?), 0) AS agreeing FROM rejected_pull
            WHERE card = ? AND generation = ? AND number = ?
            """, [digest.description] + life.arguments + [Int64(number)])
        return (try row?.value("agreeing") ?? 0, try row?.value("pulls") ?? 0)
    }

    private static func wait(_ id: RecordingID, after pulls: Int, _ transaction: Transaction) throws {
        let delay = pullBackOff.wholeMilliseconds << Int64(2 * max(0, pulls - 2))
        try transaction.execute("UPDATE recording SET retry_at = ? WHERE id = ?", [transaction.bootNow + delay, id.description])
        try transaction.step(id, "waits", "\(pulls) pulls differed; the next one in \(delay / 1000) s.")
    }

    private static func giveUp(_ id: RecordingID, _ life: CardLife, _ transaction: Transaction) throws {
        try setState(.unreadable, of: id, "\(Limits.differingPulls) pulls differed from each other; the card keeps it.", transaction)
        try transaction.emit("recording.unreadable", card: life.card, recording: id)
    }

    /// The digest of a copy that was disputed is right after all: from now on it is a recording like others.
    static func settle(_ row: CustodyRow, _ life: CardLife, _ transaction: Transaction) throws {
        try releaseJobs(of: row.id, transaction)
        let told = try transaction.row("SELECT 1 FROM event WHERE type = 'recording.stored' AND recording = ?", [row.id.description])
        guard told == nil, let digest = row.sha256 else { return }
        try emitStored(row.id, life, digest, try RecordingRows.require(row.id, transaction.db).size, transaction)
    }

    private static func emitStored(_ id: RecordingID, _ life: CardLife, _ digest: SHA256Digest, _ size: UInt64, _ transaction: Transaction) throws {
        try transaction.emit(
            "recording.stored", card: life.card, recording: id,
            [("sha256", .string(digest.description)), ("size", .number(Int64(clamping: size)))])
    }

    private static let disputedCause = "Two whole pulls agree with each other and not with the card; a person must look."
}

extension ReleaseAnswer {
    fileprivate var text: String {
        switch self {
        case .accepted: "accepted"
        case .gone: "gone already"
        case .digestDiffers: "digest differs"
        case .refused(let result): "refused with result \(result)"
        }
    }
}
