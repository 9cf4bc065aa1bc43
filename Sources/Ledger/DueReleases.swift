internal import GRDB
package import Recordings

/// What a card may be told to forget: how many of its recordings are delivered and not released, and when the newest was delivered.
package struct DueReleases: Sendable, Hashable {
    package let count: Int
    package let newest: UTCTime

    package init(count: Int, newest: UTCTime) {
        self.count = count
        self.newest = newest
    }
}

extension Ledger {
    /// The cards that hold recordings which a destination holds too: under the policy `delivered` these may be released now.
    package func dueReleases() throws -> [CardID: DueReleases] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT card, count(*) AS count, max(delivered_at) AS newest FROM recording
                    WHERE state = 'stored' AND current = 1 AND delivered_at IS NOT NULL GROUP BY card
                    """)
            return Dictionary(
                try rows.map { row in
                    (try row.identifier("card"), DueReleases(count: try row.value("count"), newest: try row.time("newest")))
                }, uniquingKeysWith: { first, _ in first })
        }
    }
}
