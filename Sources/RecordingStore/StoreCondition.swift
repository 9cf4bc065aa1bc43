/// Names of conditions that the store sets.
enum StoreCondition {
    static let full = "storage_full"
    /// The files from which a lost ledger is made anew do not tell all.
    static let copies = "copies_behind"
}
