/// Which of the names somebody probably meant.
package enum NearestName {
    /// The name with the fewest letters changed, added, dropped or swapped, if those are at most a third of it (and at least two).
    package static func of(_ text: String, among names: some Sequence<String>) -> String? {
        let lowered = text.lowercased()
        var best: (name: String, distance: Int)?
        for name in names.sorted() {
            let distance = distance(Array(lowered.utf8.prefix(64)), Array(name.lowercased().utf8.prefix(64)))
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        guard let best, best.distance <= max(2, best.name.utf8.count / 3), best.distance < best.name.utf8.count else { return nil }
        return best.name
    }

    /// Optimal string alignment distance.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var value = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { value = min(value, rows[i - 2][j - 2] + 1) }
                row.append(value)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
