internal import GRDB
internal import Recordings

/// `done`.
extension Ledger {
    /// Completions of one call, which share one commit.
    package static let completionsAtOnce = 64

    /// Further jobs of one result.
    package static let jobsOfResult = 64

    /// Writes the whole result, or nothing. Said twice with the same lease it gives the same answer and writes nothing new.
    ///
    /// - Throws: `lease_lost`, `not_found`, `invalid`, `digest_differs`.
    package func finish(_ completion: Completion) throws -> DoneReceipt {
        guard let receipt = try finish([completion]).first else { throw Self.noJob(completion.job) }
        return try receipt.get()
    }

    /// Many in one commit: each is written whole or not at all, independent of the others.
    ///
    /// - Returns: an answer for each, in order.
    package func finish(_ completions: [Completion]) throws -> [Result<DoneReceipt, LedgerError>] {
        guard completions.count <= Self.completionsAtOnce else {
            throw LedgerError(.invalid, "\(completions.count) results in one call.", fix: "Send at most \(Self.completionsAtOnce).")
        }
        return try write { transaction in
            try completions.map { completion in
                var outcome: Result<DoneReceipt, LedgerError>?
                try transaction.db.inSavepoint {
                    do {
                        outcome = .success(try Self.finish(completion, transaction))
                        return .commit
                    } catch let error as LedgerError {
                        outcome = .failure(error)
                        return .rollback
                    }
                }
                return outcome ?? .failure(Self.noJob(completion.job))
            }
        }
    }

    private static func finish(_ completion: Completion, _ transaction: Transaction) throws -> DoneReceipt {
        let hash = JobRows.digest(ofToken: completion.token)
        if try transaction.row("SELECT 1 FROM job WHERE id = ? AND lease = ? AND state = 'done'", [completion.job.description, hash]) != nil {
            return try receipt(completion.job, transaction)
        }
        let row = try requireLease(completion.job, completion.token, transaction)
        let job = try JobRows.info(row, bootNow: transaction.bootNow)
        let result = completion.result
        guard result.jobs.count <= jobsOfResult else {
            throw LedgerError(.invalid, "\(result.jobs.count) further jobs in one result.", fix: "Name at most \(jobsOfResult).")
        }
        for text in result.jobs.compactMap(\.data) + [result.usage].compactMap(\.self) { try check(json: text, transaction) }
        let recording = try job.recording.map { try RecordingRows.require($0, transaction.db) }
        for (name, value) in result.annotations.sorted(by: { $0.key < $1.key }) {
            let recording = try require(recording, for: "an annotation")
            try annotate(recording.id, name, value, by: "queue:\(job.queue)", job: job.id, transaction)
        }
        for (name, claim) in result.artifacts.sorted(by: { $0.key < $1.key }) {
            try keep(name, claim, of: job, transaction)
        }
        if let delivery = result.delivery {
            try deliver(delivery, try require(recording, for: "a delivery"), transaction)
        }
        if let screen = result.screen {
            guard let card = try recording?.card ?? job.event.flatMap({ try event($0, transaction.db)?.card }) else {
                throw LedgerError(.invalid, "This job belongs to no card with a screen.", fix: "Leave the screen's text out.")
            }
            try show(screen, on: card, job: job.id, transaction)
        }
        for (position, further) in result.jobs.enumerated() {
            try check(queue: further.queue)
            if let other = further.recording { _ = try RecordingRows.require(other, transaction.db) }
            try enqueue(
                further.queue, key: "\(job.key)/\(position)/\(further.queue)", priority: further.priority, attempts: job.of,
                recording: further.recording ?? job.recording, event: job.event, data: further.data, parent: job.id, transaction)
        }
        if let recording {
            for rule in transaction.routing.rules where rule.when == .finished(queue: job.queue) {
                try enqueue(
                    rule.queue, key: jobKey(recording, rule.queue), priority: rule.priority, attempts: rule.attempts, recording: recording.id,
                    event: job.event, parent: job.id, transaction)
            }
        }
        try transaction.execute(
            "UPDATE job SET state = 'done', reason = NULL, usage = ?, changed_at = ? WHERE id = ?",
            [result.usage?.description, transaction.now.milliseconds, job.id.description])
        if let recording { try transaction.step(recording.id, "job_done", "Queue \(job.queue), attempt \(job.attempt).") }
        transaction.touch(.queue(job.queue))
        transaction.touch(.recordings)
        return try receipt(job.id, transaction)
    }

    /// The idempotency key of a routed job. Copies beside the first carry their digest, on which gateways agree.
    static func jobKey(_ recording: RecordingInfo, _ queue: String) -> String {
        guard recording.isCurrent, recording.others.isEmpty else {
            return "\(recording.key)/\(recording.sha256.map { "\($0)".prefix(16) } ?? "")/\(queue)"
        }
        return "\(recording.key)/\(queue)"
    }

    private static func require(_ recording: RecordingInfo?, for what: String) throws -> RecordingInfo {
        guard let recording else {
            throw LedgerError(.invalid, "This job has no recording that \(what) could belong to.", fix: "Leave it out.")
        }
        return recording
    }

    /// Read back from what was written, so that it is the same for ever.
    private static func receipt(_ job: JobID, _ transaction: Transaction) throws -> DoneReceipt {
        let annotations = try transaction.rows("SELECT name, version FROM annotation WHERE job = ?", [job.description])
        let screen = try transaction.row("SELECT id FROM screen WHERE job = ?", [job.description])
        let jobs = try transaction.rows("SELECT id FROM job WHERE parent = ? ORDER BY sequence", [job.description])
        return DoneReceipt(
            annotations: Dictionary(
                try annotations.map { (try $0.value("name") as String, try $0.value("version") as Int) }, uniquingKeysWith: { first, _ in first }),
            screen: try screen?.identifier("id"), jobs: try jobs.map { try $0.identifier("id") })
    }
}
