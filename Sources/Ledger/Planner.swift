internal import GRDB
internal import Recordings

/// Decides number by number.
struct Planner {
    let life: CardLife
    let policy: ReleasePolicy
    let transaction: Transaction
    var rows: [UInt32: CustodyRow]
    var listed: Set<UInt32> = []
    var steps: [CustodyStep] = []
    var offers: [UInt32: RecordingID] = [:]

    var today: CardDay

    init(life: CardLife, policy: ReleasePolicy, transaction: Transaction, rows: [UInt32: CustodyRow], today: CardDay) {
        (self.life, self.policy, self.transaction, self.rows, self.today) = (life, policy, transaction, rows, today)
    }

    /// One that was not released.
    mutating func take(_ entry: ListedRecording) throws {
        guard entry.number > 0, listed.insert(entry.number).inserted else { return }
        let old = rows[entry.number]
        guard old != nil || today.takeOne() else { return }
        let id = try old?.id ?? Ledger.insertRecording(entry.number, of: life, variant: 0, pull: 1, transaction)
        if old == nil { try transaction.step(id, "listed", "The card lists it with \(entry.size) bytes.") }
        let row: CustodyRow
        if let old, old.says(entry) || old.isOther(entry) {
            row = old
        } else {
            try Ledger.adopt(entry, id, old, life, transaction)
            row = try CustodyRow.one(id, transaction).row
        }
        if row.isHeld { return try takeHeld(row, before: old, entry) }
        if row.state == .missing {
            // Its loss here stays said until the bytes are back.
            let mayPull = entry.flags.contains(.complete) && entry.size <= Limits.recordingBytes && row.retryAt <= transaction.bootNow
            if mayPull { steps.append(.pull(entry)) }
            return
        }
        if entry.flags.contains(.deletedByUser) { return try move(row, to: .deletedOnCard, "Its user deleted it on the card.") }
        if entry.flags.contains(.lost) { return try move(row, to: .lostOnCard, "The card lost it to a storage fault.") }
        guard entry.flags.contains(.complete) else { return try move(row, to: .listed, "It is still being recorded, or its digest computed.") }
        guard entry.size <= Limits.recordingBytes else {
            return try move(row, to: .listed, "It is larger than the \(Limits.recordingBytes) bytes that one recording may have.")
        }
        if row.state == .unreadable {
            guard let old, old.entry.digestPrefix != entry.digestPrefix || old.entry.size != entry.size else { return }
            try startOver(row)
        } else if row.retryAt > transaction.bootNow {
            return
        }
        try move(row, to: row.state == .pulling ? .pulling : .listed, nil)
        steps.append(.pull(entry))
    }

    /// It is here, and the card still wants RELEASE.
    private mutating func takeHeld(_ row: CustodyRow, before old: CustodyRow?, _ entry: ListedRecording) throws {
        let differs = entry.digestPrefix.map { $0 != row.sha256?.prefix } ?? false
        switch row.state {
        case .stored: offer(row)
        case .proven:
            // The card accepted other bytes under this number: these are kept beside the first.
            guard row.isOther(entry) else { return offer(row) }
            if entry.flags.contains(.complete) { try takeBeside(entry) }
        case .contested: try takeContested(row, entry)
        case .disputed, .unreadable:
            guard old?.entry.digestPrefix != entry.digestPrefix || old?.entry.size != entry.size else { return }
            if differs {
                try startOver(row)
                try move(row, to: .contested, "The card now lists another digest or size; a second copy is pulled beside it.")
                try takeContested(row, entry)
            } else {
                try settle(row)
            }
        default: break
        }
    }

    private mutating func settle(_ row: CustodyRow) throws {
        try move(row, to: .stored, "The card now lists the digest of the copy that is here.")
        try Ledger.settle(row, life, transaction)
        offer(row)
    }

    private mutating func takeContested(_ row: CustodyRow, _ entry: ListedRecording) throws {
        let beside = try copies(beside: row)
        if let sealed = Self.sealed(of: beside) { return offer(sealed) }
        // Two pulls agree, and the card was not asked since.
        if let digest = row.sha256, try Ledger.rejections(of: digest, row.number, life, transaction).agreeing > 1 { return offer(row) }
        let retryAt = beside.map(\.retryAt).reduce(row.retryAt, max)
        if entry.flags.contains(.complete), retryAt <= transaction.bootNow { steps.append(.pull(entry)) }
    }

    private func copies(beside row: CustodyRow) throws -> [CustodyRow] {
        try CustodyRow.copies(of: row.number, life, transaction).filter { !$0.isCurrent }
    }

    /// The newest that is whole and that the card was not yet heard to refuse.
    private static func sealed(of beside: [CustodyRow]) -> CustodyRow? { beside.last { $0.state == .stored } }

    /// The pulls so far count no more.
    private func startOver(_ row: CustodyRow) throws {
        try transaction.execute("DELETE FROM rejected_pull WHERE card = ? AND generation = ? AND number = ?", life.arguments + [row.number])
        try transaction.execute(
            "UPDATE recording SET pulls = pulls + 1, durable = 0, proven = 0 WHERE id = ? AND sha256 IS NULL",
            [row.id.description])
        try transaction.execute("UPDATE recording SET retry_at = 0 WHERE id = ?", [row.id.description])
    }

    /// The card gave the number of a recording that it accepted to another one.
    private mutating func takeBeside(_ entry: ListedRecording) throws {
        let copies = try CustodyRow.copies(of: entry.number, life, transaction)
        if let accepted = copies.last(where: { $0.state == .proven && $0.sha256?.prefix == entry.digestPrefix }) { return offer(accepted) }
        if let head = CustodyRow.head(of: copies) {
            try takeHeld(head, before: head, entry)
            let (known, said) = (head.entry, entry)
            guard (known.size, known.flags, known.digestPrefix) != (said.size, said.flags, said.digestPrefix) else { return }
            return try transaction.execute(
                "UPDATE recording SET listed_size = ?, flags = ?, listed_prefix = coalesce(?, listed_prefix) WHERE id = ?",
                [Int64(clamping: said.size), Int64(said.flags.rawValue), said.digestPrefix.map(CustodyRow.hex), head.id.description])
        }
        if let open = copies.last(where: \.isOpenBeside) {
            if open.state == .unreadable {
                guard open.entry.digestPrefix != entry.digestPrefix || open.entry.size != entry.size else { return }
                try startOver(open)
            } else if open.retryAt > transaction.bootNow {
                return
            }
        }
        steps.append(.pull(entry))
    }

    private mutating func offer(_ row: CustodyRow) {
        guard let digest = row.sha256, policy == .stored || row.isDelivered || !row.isCurrent || row.state == .contested else { return }
        steps.append(.release(number: row.number, digest: digest, size: row.entry.size))
        offers[row.number] = row.id
    }

    /// One that the card may forget: somebody quoted its digest.
    mutating func takeReleased(_ entry: ListedRecording) throws {
        guard entry.number > 0, listed.insert(entry.number).inserted else { return }
        guard let row = rows[entry.number] else {
            guard today.takeOne() else { return }
            let id = try Ledger.insertRecording(entry.number, of: life, variant: 0, pull: 1, transaction)
            try Ledger.adopt(entry, id, nil, life, transaction)
            return try releasedElsewhere(try CustodyRow.one(id, transaction).row)
        }
        if row.state == .missing {
            if entry.size <= Limits.recordingBytes { steps.append(.pull(entry)) }
        } else if row.isHeld {
            // The answer to our RELEASE was lost: asked again, it does no harm. A copy that the list once disputed may be what another
            // gateway released.
            let copies = try CustodyRow.copies(of: entry.number, life, transaction)
            guard let copy = row.isOther(entry) ? CustodyRow.head(of: copies) : row else { return }
            if copy.state == .disputed, entry.digestPrefix == copy.sha256?.prefix {
                try settle(copy)
            } else if copy.state == .stored || copy.state == .contested {
                // When the card did not accept it, the one that was pulled beside it may be what was released; is there none, another gateway did.
                let sealed = copies.last { $0.state == .stored && ($0.sha256?.prefix == entry.digestPrefix || copy.state == .contested) }
                if sealed == nil {
                    try transaction.execute(
                        "UPDATE recording SET flags = flags | ? WHERE id = ?", [Int64(ListedFlags.released.rawValue), copy.id.description])
                }
                offer(sealed ?? copy)
            }
        } else {
            try Ledger.adopt(entry, row.id, row, life, transaction)
            try releasedElsewhere(row)
        }
    }

    private func releasedElsewhere(_ row: CustodyRow) throws {
        try Ledger.noteForeignRelease(life, transaction)
        try move(row, to: .releasedElsewhere, "Another gateway released it and holds it.")
    }

    /// Known here and not in the card's lists any more.
    mutating func takeUnlisted() throws {
        let other = try Ledger.isServedByAnother(life, transaction)
        for row in rows.values.sorted(by: { $0.number < $1.number }) where !listed.contains(row.number) {
            switch row.state {
            case .listed, .pulling:
                try move(
                    row, to: other ? .releasedElsewhere : .vanished,
                    other
                        ? "The card does not list it any more; another gateway serves this card and released it."
                        : "The card does not list it any more and nothing says why.")
            case .stored: offer(row)
            // What is whole beside it is what the card had last.
            case .contested: offer(Self.sealed(of: try copies(beside: row)) ?? row)
            default: break
            }
        }
        // Of numbers that were given out again, too.
        let beside = try transaction.rows(
            "SELECT * FROM recording WHERE card = ? AND generation = ? AND current = 0 AND state IN ('stored', 'contested') ORDER BY number",
            life.arguments
        ).map(CustodyRow.init)
        for copy in beside where !listed.contains(copy.number) && rows[copy.number]?.state == .proven {
            if CustodyRow.head(of: try CustodyRow.copies(of: copy.number, life, transaction))?.id == copy.id { offer(copy) }
        }
    }

    private func move(_ row: CustodyRow, to state: RecordingState, _ cause: String?) throws {
        let before = try transaction.row("SELECT state, cause FROM recording WHERE id = ?", [row.id.description])
        guard let before, try before.value("state") as String != state.rawValue || before.optional("cause") as String? != cause else { return }
        try Ledger.setState(state, of: row.id, cause, transaction)
    }
}
