internal import GRDB

/// The tables, as a list of steps that only ever grows: step N takes a database from version N to N + 1.
///
/// Identifiers are text, wall-clock times milliseconds UTC, boot times milliseconds since the start of the machine that
/// `gateway.boot` names.
enum Schema {
    static let steps: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: FirstSchema.tables) }, { try $0.execute(sql: FirstSchema.eventKey) }, { try $0.execute(sql: FirstSchema.audit) },
        CopySchema.make, AccessSchema.make, BoundsSchema.make, ImportSchema.make, BondSchema.make, EventLogSchema.make,
    ]

    /// Brings the database to the newest version, each step in its own transaction; what there was before is kept.
    ///
    /// - Parameter backup: nil for a database that nobody has used.
    static func migrate(_ db: Database, backup: LedgerBackup? = nil) throws {
        let version = try version(db)
        guard version <= steps.count else { throw newer(version, before: backup?.newest(upTo: steps.count)) }
        if version > 0, version < steps.count { try backup?.keep(db, version: version) }
        for next in version..<steps.count {
            try db.inTransaction {
                try steps[next](db)
                // A column that a step added is watched, too.
                if next >= CopySchema.step { try CopySchema.renewTriggers(db) }
                try db.execute(sql: "PRAGMA user_version = \(next + 1)")
                return .commit
            }
        }
    }

    /// Of the tables of a database; 0 before the first step.
    static func version(_ db: Database) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }

    /// - Parameter before: where the ledger lies as it was before that version, if it does.
    static func newer(_ version: Int, before: String? = nil) -> LedgerError {
        let hint = before.map { " The ledger as it was before that version: \($0); what came since is not in it." } ?? ""
        return LedgerError(
            .newerDatabase, "The ledger has schema version \(version); this program knows versions up to \(steps.count).",
            fix: "Install the version of Earshot that wrote it, or a newer one. Nothing was changed." + hint)
    }
}
