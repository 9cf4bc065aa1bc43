package import Bytes
internal import GRDB
package import Recordings

/// Queues: enqueue, claim by lease, extend.
extension Ledger {
    /// How long a lease may be.
    package static let leaseLength: ClosedRange<Duration> = .seconds(1) ... .seconds(3600)
    /// Jobs of one claim.
    package static let claimSize = 64

    /// Leases the next jobs: urgent ones first, then the oldest; of one subject never the next before the first is done or dead.
    /// With nothing to do it waits up to `wait`, and ends at once when the task is cancelled.
    ///
    /// - Parameter max: 1 to `claimSize`; one commit leases them all.
    /// - Parameter worker: who asks, for people.
    /// - Throws: `invalid` for a length out of `leaseLength` or a queue's name that cannot be one.
    package func claim(_ queue: String, max: Int, for length: Duration, worker: ForeignText, waitingUpTo wait: Duration = .zero)
        async throws -> [LeasedJob]
    {
        try Self.check(queue: queue)
        try Self.check(length)
        let deadline = environment.bootNow + Swift.max(0, wait.wholeMilliseconds)
        while true {
            let mark = signals.mark(.queue(queue))
            let now = environment.bootNow
            let due = try read { db in try Self.due(queue, db) }
            if let due, due <= now {
                let jobs = try write { transaction in
                    try Self.endLeases(of: queue, transaction)
                    return try Self.lease(queue, Swift.min(Swift.max(max, 1), Self.claimSize), length, worker, transaction)
                }
                if !jobs.isEmpty { return jobs }
                continue
            }
            guard deadline > now else { return [] }
            try await pause(since: mark, atMost: .milliseconds(Swift.min(deadline, due ?? deadline) - now))
        }
    }

    /// The lease lasts so long from now on.
    ///
    /// - Throws: `lease_lost`, `not_found`, `invalid`.
    package func extend(_ job: JobID, token: String, for length: Duration) throws {
        try Self.check(length)
        try write { transaction in
            _ = try Self.requireLease(job, token, transaction)
            try transaction.execute(
                "UPDATE job SET lease_end = ? WHERE id = ?", [transaction.bootNow + length.wholeMilliseconds, job.description])
        }
    }

    /// Asked before something large is taken in for the job.
    ///
    /// - Throws: `lease_lost`, `not_found`.
    package func checkLease(of job: JobID, token: String) throws {
        let bootNow = environment.bootNow
        try read { db in _ = try Self.requireLease(job, token, bootNow: bootNow, db) }
    }

    /// When something of the queue is next to be done, in boot time; nil: nothing is waiting for time alone.
    private static func due(_ queue: String, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT min(due) FROM (
                    SELECT lease_end AS due FROM job WHERE queue = ?1 AND state = 'leased'
                    UNION ALL SELECT not_before FROM job WHERE queue = ?1 AND state = 'ready' AND \(isFirstOfItsSubject))
                """)
        return try Int64.fetchOne(statement, arguments: [queue])
    }

    private static let isFirstOfItsSubject = """
        NOT EXISTS (SELECT 1 FROM job AS earlier WHERE earlier.queue = job.queue AND earlier.subject = job.subject
            AND earlier.sequence < job.sequence AND earlier.state IN ('ready', 'leased', 'held'))
        """

    private static func lease(_ queue: String, _ max: Int, _ length: Duration, _ worker: ForeignText, _ transaction: Transaction) throws
        -> [LeasedJob]
    {
        let rows = try transaction.rows(
            """
            SELECT id FROM job WHERE queue = ? AND state = 'ready' AND not_before <= ? AND \(isFirstOfItsSubject)
            ORDER BY priority DESC, sequence LIMIT ?
            """, [queue, transaction.bootNow, max])
        return try rows.map { row in
            let id: JobID = try row.identifier("id")
            let token = "ls_" + String(transaction.random(), radix: 36) + String(transaction.random(), radix: 36)
            try transaction.execute(
                """
                UPDATE job SET state = 'leased', attempt = attempt + 1, lease = ?, lease_end = ?, worker = ?, changed_at = ? WHERE id = ?
                """,
                [
                    JobRows.digest(ofToken: token), transaction.bootNow + length.wholeMilliseconds, worker.raw, transaction.now.milliseconds,
                    id.description,
                ])
            let job = try requireJob(id, transaction)
            return LeasedJob(
                job: job, token: token, length: length, recording: try job.recording.flatMap { try RecordingRows.one($0, transaction.db) },
                event: try job.event.flatMap { try event($0, transaction.db) },
                annotations: try job.recording.map { try newestAnnotations(of: $0, transaction.db) } ?? [])
        }
    }

    /// Gives back what a worker held too long, or buries it.
    private static func endLeases(of queue: String, _ transaction: Transaction) throws {
        let rows = try transaction.rows(
            "SELECT * FROM job WHERE queue = ? AND state = 'leased' AND lease_end <= ?", [queue, transaction.bootNow])
        for row in rows {
            try giveBack(row, reason: ForeignText("The lease ran out."), after: .zero, transaction)
        }
    }

    static func requireJob(_ id: JobID, _ transaction: Transaction) throws -> JobInfo {
        guard
            let job = try JobRows.fetch(where: "id = ?", [id.description], bootNow: transaction.bootNow, transaction.db).first
        else { throw noJob(id) }
        return job
    }

    static func noJob(_ id: JobID) -> LedgerError {
        LedgerError(.notFound, "There is no job \(id).", fix: "`earshot queue` lists them.")
    }

    /// The job's row, when this token holds it now.
    static func requireLease(_ job: JobID, _ token: String, _ transaction: Transaction) throws -> Row {
        try requireLease(job, token, bootNow: transaction.bootNow, transaction.db)
    }

    private static func requireLease(_ job: JobID, _ token: String, bootNow: Int64, _ db: Database) throws -> Row {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM job WHERE id = ?", arguments: [job.description]) else { throw noJob(job) }
        let isMine = try row.optional("lease") as String? == JobRows.digest(ofToken: token)
        let isRunning = try row.value("state") as String == JobState.leased.rawValue && row.value("lease_end") as Int64 > bootNow
        guard isMine, isRunning else {
            let worker = ForeignText(try row.optional("worker") as String? ?? "nobody")
            throw LedgerError(
                .leaseLost, isMine ? "The lease ran out, or the job is finished." : "The job was leased last by \(worker), with another token.",
                fix: "Extend a lease before half of its time has passed; throw this result away.")
        }
        return row
    }

    /// Makes a job, once for each key.
    @discardableResult
    static func enqueue(
        _ queue: String, key: String, priority: JobPriority, attempts: Int, recording: RecordingID?, event: EventID?, data: JSONText? = nil,
        parent: JobID? = nil, held reason: String? = nil, _ transaction: Transaction
    ) throws -> JobID {
        let id: JobID = transaction.newID()
        guard let subject = recording?.description ?? event?.description else {
            throw LedgerError(.invalid, "A job has a recording or an event.", fix: "Name one.")
        }
        try transaction.execute(
            """
            INSERT INTO job (id, key, queue, state, priority, attempts, recording, event, subject, data, parent, reason, created_at, changed_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """,
            [
                id.description, key, queue, (reason == nil ? JobState.ready : .held).rawValue, priority.rawValue, attempts,
                recording?.description, event?.description, subject, data?.description, parent?.description, reason,
                transaction.now.milliseconds, transaction.now.milliseconds,
            ])
        transaction.touch(.queue(queue))
        guard let row = try transaction.row("SELECT id FROM job WHERE key = ?", [key]) else { throw noJob(id) }
        return try row.identifier("id")
    }

    /// 1 to 64 of a-z 0-9 . _ -
    static func check(queue: String) throws {
        let isFine = queue.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0) }
        guard (1...64).contains(queue.utf8.count), isFine else {
            throw LedgerError(
                .invalid, "\(JSONScalar.quoted(String(queue.prefix(64)))) cannot be a queue's name.", fix: "Use 1 to 64 of a-z 0-9 . _ -")
        }
    }

    private static func check(_ length: Duration) throws {
        guard leaseLength.contains(length) else {
            throw LedgerError(.invalid, "A lease of \(length) is not possible.", fix: "Ask for 1 to 3600 seconds.")
        }
    }
}
