package import Bytes
internal import GRDB
package import Recordings

/// Jobs that did not succeed, and lists of jobs.
extension Ledger {
    /// The first back-off of a failed job; it doubles with each attempt.
    package static let backOff: Duration = .seconds(10)
    package static let longestBackOff: Duration = .seconds(3600)
    /// The longest `after` that a worker may ask for.
    package static let longestDelay: Duration = .seconds(24 * 3600)

    /// The worker could not do it. Said twice with the same lease it gives the same answer.
    ///
    /// - Parameter after: how long to wait; nil: by the back-off.
    /// - Throws: `lease_lost`, `not_found`.
    package func fail(_ job: JobID, token: String, reason: ForeignText, retry: Bool, after: Duration? = nil) throws -> FailedReceipt {
        try write { transaction in
            if let row = try transaction.row(
                "SELECT * FROM job WHERE id = ? AND lease = ? AND state IN ('ready', 'dead', 'held')",
                [job.description, JobRows.digest(ofToken: token)])
            {
                let info = try JobRows.info(row, bootNow: transaction.bootNow)
                return FailedReceipt(state: info.state, waits: info.waits)
            }
            let row = try Self.requireLease(job, token, transaction)
            if retry {
                let attempt: Int = try row.value("attempt")
                let exponential = Self.backOff * Double(1 << min(max(attempt - 1, 0), 16))
                let delay = after.map { min(max($0, .zero), Self.longestDelay) } ?? min(exponential, Self.longestBackOff)
                try Self.giveBack(row, reason: reason, after: delay, transaction)
            } else {
                try Self.bury(row, reason: reason, transaction)
            }
            let info = try Self.requireJob(job, transaction)
            return FailedReceipt(state: info.state, waits: info.waits)
        }
    }

    /// A person tries a dead job again, from its first attempt.
    ///
    /// - Throws: `not_found`, `conflict` when it is not dead.
    package func retry(_ job: JobID) throws -> JobInfo {
        try write { transaction in
            let info = try Self.requireJob(job, transaction)
            guard info.state == .dead else {
                throw LedgerError(.conflict, "The job is \(info.state.rawValue), not dead.", fix: "Only dead jobs are tried again by hand.")
            }
            try transaction.execute(
                "UPDATE job SET state = 'ready', attempt = 0, not_before = 0, delay = 0, lease = NULL, changed_at = ? WHERE id = ?",
                [transaction.now.milliseconds, job.description])
            transaction.touch(.queue(info.queue))
            return try Self.requireJob(job, transaction)
        }
    }

    /// Depth and age of each queue that ever had a job.
    package func queues() throws -> [QueueInfo] { try read(Self.queues) }

    static func queues(_ db: Database) throws -> [QueueInfo] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT queue, state, count(*) AS count, min(CASE WHEN state IN ('ready', 'leased') THEN created_at END) AS oldest
                FROM job GROUP BY queue, state ORDER BY queue
                """)
        var found: [QueueInfo] = []
        for row in rows {
            let (name, oldest): (String, UTCTime?) = (try row.value("queue"), try row.optionalTime("oldest"))
            let last = found.last?.name == name ? found.removeLast() : nil
            let counts = (last?.counts ?? [:]).merging([try row.choice("state"): try row.value("count")]) { $1 }
            found.append(QueueInfo(name: name, counts: counts, oldest: [last?.oldest, oldest].compactMap { $0 }.min()))
        }
        return found
    }

    /// Jobs in the order of their making.
    ///
    /// - Parameter cursor: `next` of the page before.
    package func jobs(
        queue: String? = nil, state: JobState? = nil, holder: HolderID? = nil, limit: Int = 100, after cursor: String? = nil
    ) throws -> Page<JobInfo> {
        let limit = min(max(limit, 1), 500)
        var after: Int64 = 0
        if let cursor {
            guard let sequence = Int64(cursor) else {
                throw LedgerError(.invalid, "That is no cursor of this list.", fix: "Hand back `next` as it came.")
            }
            after = sequence
        }
        let bootNow = environment.bootNow
        return try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM job WHERE sequence > ?1 AND (?2 IS NULL OR queue = ?2) AND (?3 IS NULL OR state = ?3)
                        AND (?4 IS NULL OR \(Self.isOfHolder))
                    ORDER BY sequence LIMIT ?5
                    """,
                arguments: [after, queue, state?.rawValue, holder?.description, limit + 1])
            let last: Int64? = rows.count > limit ? try rows[limit - 1].value("sequence") : nil
            return Page(items: try rows.prefix(limit).map { try JobRows.info($0, bootNow: bootNow) }, next: last.map(String.init))
        }
    }

    /// Whether a job is about a recording, or else about an event, of the holder `?4`: who brought it, or who carried the card at its time.
    private static let isOfHolder = """
        EXISTS (
            SELECT 1 FROM (
                SELECT recording.card, recording.started AS time, import.holder FROM recording
                    LEFT JOIN import ON import.recording = recording.id WHERE recording.id = job.recording
                UNION ALL
                SELECT event.card, coalesce(event.time, event.received), NULL FROM event WHERE event.id = job.event AND job.recording IS NULL
            ) AS subject
            WHERE subject.holder = ?4 OR \(Carrying.carried("subject.card", by: "?4", at: "subject.time"))
        )
        """

    /// - Throws: `not_found`.
    package func job(_ id: JobID) throws -> JobInfo {
        let bootNow = environment.bootNow
        return try read { db in
            guard let job = try JobRows.fetch(where: "id = ?", [id.description], bootNow: bootNow, db).first else { throw Self.noJob(id) }
            return job
        }
    }

    /// Whether a worker of one of the queues has a lease on a job of the recording now.
    package func isLeased(_ recording: RecordingID, by queues: Set<String>) throws -> Bool {
        let bootNow = environment.bootNow
        return try read { db in
            let leasing = try String.fetchSet(
                db, sql: "SELECT queue FROM job WHERE recording = ? AND state = 'leased' AND lease_end > ?",
                arguments: [recording.description, bootNow])
            return !queues.isDisjoint(with: leasing)
        }
    }

    /// Back to its queue, unless it has no attempt left or its recording is in dispute.
    static func giveBack(_ row: Row, reason: ForeignText, after delay: Duration, _ transaction: Transaction) throws {
        let id: String = try row.value("id")
        let (attempt, attempts): (Int, Int) = (try row.value("attempt"), try row.value("attempts"))
        guard attempt < attempts else {
            return try bury(row, reason: ForeignText("Gave up after \(attempt) attempts. \(reason.raw)"), transaction)
        }
        let held = try transaction.row(
            "SELECT 1 FROM recording WHERE id = ? AND sha256 IS NOT NULL AND state IN ('contested', 'disputed', 'unreadable', 'missing')",
            [try row.optional("recording") as String?])
        let milliseconds = delay.wholeMilliseconds
        try transaction.execute(
            "UPDATE job SET state = ?, reason = ?, not_before = ?, delay = ?, changed_at = ? WHERE id = ?",
            [
                (held == nil ? JobState.ready : .held).rawValue, reason.raw, milliseconds == 0 ? 0 : transaction.bootNow + milliseconds,
                milliseconds, transaction.now.milliseconds, id,
            ])
        transaction.touch(.queue(try row.value("queue")))
    }

    static func bury(_ row: Row, reason: ForeignText, _ transaction: Transaction) throws {
        let queue: String = try row.value("queue")
        try transaction.execute(
            "UPDATE job SET state = 'dead', reason = ?, changed_at = ? WHERE id = ?",
            [reason.raw, transaction.now.milliseconds, try row.value("id") as String])
        let recording: RecordingID? = try row.optionalIdentifier("recording")
        if let recording { try transaction.step(recording, "job_dead", "Queue \(queue): \(reason)") }
        try transaction.emit(
            "job.dead", recording: recording,
            [("job", .string(try row.value("id"))), ("queue", .string(queue)), ("reason", .string(reason.description))])
        transaction.touch(.queue(queue))
    }
}
