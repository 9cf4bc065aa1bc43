internal import GRDB

/// A step of the schema: that a bond is not the one that was made here any more outlives the process that saw it.
enum BondSchema {
    static func make(_ db: Database) throws {
        try db.execute(
            sql: """
                -- When another program was seen to have made the card's bond anew; NULL: it is ours.
                ALTER TABLE card ADD COLUMN foreign_bond_at INTEGER;
                """)
    }
}
