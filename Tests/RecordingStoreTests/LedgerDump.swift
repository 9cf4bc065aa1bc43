import Foundation
import GRDB

/// What a ledger's file says, row by row, as far as the files beside it have to bring it back.
struct LedgerDump: Equatable {
    /// Known again by the next session or the next start; a lease ends with the ledger.
    private static let left: [String: Set<String>] = [
        "gateway": ["boot"], "card": ["seen_at", "day_started", "day_bytes", "day_numbers", "day_events"], "clock_reading": ["at"],
        "recording": ["durable", "proven", "retry_at", "changed"], "job": ["worker", "lease_end"],
    ]

    var tables: [String: [String]] = [:]

    init(_ path: String) throws {
        let database = try DatabaseQueue(path: path)
        defer { try? database.close() }
        tables = try database.read { db in
            var tables: [String: [String]] = [:]
            for name in [
                "gateway", "card", "holder", "carry", "generation", "clock_reading", "recording", "import", "rejected_pull", "absence", "event",
                "job",
                "annotation", "artifact", "delivery", "step",
            ] {
                var rows = try Row.fetchAll(db, sql: "SELECT * FROM \(name)")
                if name == "artifact" { rows = rows.filter { $0["kept"] == 1 } }
                // What the rebuild itself says.
                if name == "event" { rows = rows.filter { $0["type"] != "gateway.rebuilt" } }
                tables[name] = rows.map { row in
                    row.filter { Self.left[name]?.contains($0.0) != true }.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
                }.sorted()
            }
            return tables
        }
    }

    /// Tables with rows that differ, and those rows.
    func differences(from other: LedgerDump) -> [String] {
        tables.keys.sorted().flatMap { name in
            let (mine, theirs) = (Set(tables[name] ?? []), Set(other.tables[name] ?? []))
            return mine.subtracting(theirs).map { "\(name) + \($0)" } + theirs.subtracting(mine).map { "\(name) - \($0)" }
        }
    }
}
