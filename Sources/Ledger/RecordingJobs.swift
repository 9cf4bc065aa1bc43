internal import GRDB
internal import Recordings

/// Jobs of stored recordings: made, held back, let go.
extension Ledger {
    static func enqueueStored(_ recording: RecordingInfo, held reason: String?, _ transaction: Transaction) throws {
        for rule in transaction.routing.rules where rule.when == .recordingStored {
            try enqueue(
                rule.queue, key: jobKey(recording, rule.queue), priority: rule.priority, attempts: rule.attempts, recording: recording.id,
                event: nil, held: reason, transaction)
        }
    }

    /// Those not yet leased wait for the digest to be settled.
    static func holdJobs(of recording: RecordingID, _ transaction: Transaction) throws {
        try transaction.execute(
            "UPDATE job SET state = 'held', reason = ?, changed_at = ? WHERE recording = ? AND state = 'ready'",
            ["The card did not accept the recording's digest.", transaction.now.milliseconds, recording.description])
    }

    static func releaseJobs(of recording: RecordingID, _ transaction: Transaction) throws {
        for row in try transaction.rows("SELECT DISTINCT queue FROM job WHERE recording = ? AND state = 'held'", [recording.description]) {
            transaction.touch(.queue(try row.value("queue")))
        }
        try transaction.execute(
            "UPDATE job SET state = 'ready', reason = NULL, changed_at = ? WHERE recording = ? AND state = 'held'",
            [transaction.now.milliseconds, recording.description])
    }
}
