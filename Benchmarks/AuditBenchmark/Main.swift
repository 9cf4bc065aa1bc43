import Foundation
import GRDB
import Ledger
import Recordings

/// What `audit` costs with 100,000 recordings in the ledger, against the bare library that reads the same rows of the same file, in turns.
@main
enum AuditBenchmark {
    private static let rounds = 15

    private struct Question {
        let name: String
        let scope: AuditScope
    }

    static func main() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "audit-benchmark-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let company = try await Company(in: folder.path)
        let size = try FileManager.default.attributesOfItem(atPath: company.path)[.size] as? Int ?? 0
        print(
            "ledger   \(Company.recordings) recordings and \(Company.cards * Company.eventsOfEach) events of \(Company.cards) cards, \(size / 1_000_000) MB"
        )

        let ledger = try await Company.open(company.path, company.executor)
        var configuration = Configuration()
        configuration.readonly = true
        let bare = try DatabaseQueue(path: company.path, configuration: configuration)
        let month = Company.begin.advanced(by: 30 * 86_400_000)
        let questions = [
            Question(name: "everything", scope: AuditScope()),
            Question(name: "a month", scope: AuditScope(since: month, until: month.advanced(by: 30 * 86_400_000))),
            Question(name: "all but a day", scope: AuditScope(since: Company.begin.advanced(by: 86_400_000))),
            Question(name: "one card", scope: AuditScope(card: company.cards[0])),
            Question(name: "one person", scope: AuditScope(holder: company.holders[0])),
        ]
        let first = try await audit(ledger, AuditScope())
        guard first.report.cards.reduce(0, { $0 + $1.started }) == Company.recordings, first.report.unexplained == 0 else {
            throw Failure("The audit does not count what is there.")
        }
        print("first    \(milliseconds(first.seconds)) ms, nothing of the file read before by this connection")
        var (reading, asking): ([Double], [String: [Double]]) = ([], [:])
        for round in 0..<rounds {
            // Which goes first changes, so that neither always finds the caches warm.
            if round % 2 == 0 { reading.append(try read(bare)) }
            for question in questions { asking[question.name, default: []].append(try await audit(ledger, question.scope).seconds) }
            if round % 2 == 1 { reading.append(try read(bare)) }
        }
        print("the bare library reads state and times of all recordings and the numbers of all events: \(milliseconds(median(reading))) ms")
        for question in questions {
            let times = asking[question.name] ?? []
            let ratio = median(zip(times, reading).map { $0 / $1 })
            print(
                "audit of \(question.name): \(milliseconds(median(times))) ms, at most \(milliseconds(times.max() ?? 0)) ms; "
                    + "\(String(format: "%.2f", ratio)) of the reading (median of \(rounds))")
        }
        try await ledger.close()
        try bare.close()
    }

    private static func audit(_ ledger: Ledger, _ scope: AuditScope) async throws -> (report: AuditReport, seconds: Double) {
        let clock = ContinuousClock()
        let begin = clock.now
        let report = try await ledger.audit(scope)
        return (report, (clock.now - begin) / .seconds(1))
    }

    /// The rows that an audit is about, one by one.
    private static func read(_ database: DatabaseQueue) throws -> Double {
        let clock = ContinuousClock()
        let begin = clock.now
        let seen = try database.read { db in
            var (held, delivered, events) = (0, 0, 0)
            let recordings = try Row.fetchCursor(db, sql: "SELECT state, stored_at, delivered_at, started, number FROM recording WHERE current = 1")
            while let row = try recordings.next() {
                if row[1] as Int64? != nil { held += 1 }
                if row[2] as Int64? != nil { delivered += 1 }
            }
            let numbers = try Row.fetchCursor(db, sql: "SELECT card, generation, number FROM event WHERE number IS NOT NULL")
            while let row = try numbers.next() { if row[2] as Int64 > 0 { events += 1 } }
            return (held, delivered, events)
        }
        guard seen.0 > seen.1, seen.2 == Company.cards * Company.eventsOfEach else { throw Failure("The rows are not there.") }
        return (clock.now - begin) / .seconds(1)
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func milliseconds(_ seconds: Double) -> String { String(format: "%.1f", seconds * 1000) }
}
