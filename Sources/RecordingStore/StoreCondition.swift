/// Names of conditions that the store sets.
enum StoreCondition {
    static let full = "storage_full"
}
