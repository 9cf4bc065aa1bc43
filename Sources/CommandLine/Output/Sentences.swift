/// What was wrong and what to do, one behind the other.
enum Sentences {
    /// A text that ends no sentence gets its stop: what comes from a host or a disk has none.
    static func joined(_ parts: String...) -> String {
        parts.filter { !$0.isEmpty }.map { part in
            guard let last = part.last, !".!?:".contains(last) else { return part }
            return part + "."
        }.joined(separator: " ")
    }
}
