internal import Bytes
internal import Crypto
internal import GRDB
internal import Recordings

/// Reads jobs.
enum JobRows {
    static func fetch(where condition: String, _ arguments: StatementArguments, bootNow: Int64, _ db: Database) throws -> [JobInfo] {
        try Row.fetchAll(db.cachedStatement(sql: "SELECT * FROM job WHERE \(condition)"), arguments: arguments).map {
            try info($0, bootNow: bootNow)
        }
    }

    static func info(_ row: Row, bootNow: Int64) throws -> JobInfo {
        let state: JobState = try row.choice("state")
        guard let priority = JobPriority(rawValue: try row.value("priority")) else { throw Row.damaged("priority") }
        let wait = state == .ready ? max(0, try row.value("not_before") as Int64 - bootNow) : 0
        return JobInfo(
            id: try row.identifier("id"), queue: try row.value("queue"), state: state, priority: priority, key: try row.value("key"),
            attempt: try row.value("attempt"), of: try row.value("attempts"), recording: try row.optionalIdentifier("recording"),
            event: try row.optionalIdentifier("event"), data: try (row.optional("data") as String?).map { JSONText($0) },
            reason: try (row.optional("reason") as String?).map { ForeignText($0) },
            worker: try (row.optional("worker") as String?).map { ForeignText($0) }, waits: .milliseconds(wait),
            createdAt: try row.time("created_at"), changedAt: try row.time("changed_at"))
    }

    /// What is kept of a lease's token.
    static func digest(ofToken token: String) -> String {
        CustodyRow.hex(Array(SHA256.hash(data: Array(token.utf8))))
    }
}
