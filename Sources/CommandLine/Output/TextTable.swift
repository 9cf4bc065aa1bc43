/// A table that fits the terminal: a column that must not be cut keeps its width, the others give way from the last. The last column of all goes on
/// in the next line: it says why.
package struct TextTable {
    package struct Column {
        let title: String
        var isNumber = false
        /// May be cut with …, or as the last column be wrapped, when the line gets too long.
        var givesWay = false

        package init(title: String, isNumber: Bool = false, givesWay: Bool = false) {
            self.title = title
            self.isNumber = isNumber
            self.givesWay = givesWay
        }
    }

    /// A column that is wrapped is not made narrower for it: what is left below this is cut off by nobody, the terminal wraps the line.
    private static let narrowest = 24

    private let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func add(_ cells: [String]) { rows.append(cells) }

    /// - Parameters:
    ///   - width: of the terminal; nil: nothing is cut.
    ///   - wraps: whether the last column goes on below; else it is cut like the others, and each row is one line.
    package func lines(width: Int?, wraps: Bool = true) -> [String] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(TextWidth.of).max() ?? 0
        }
        if let width {
            for index in columns.indices.reversed() where columns[index].givesWay {
                let excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
                let least = wraps && index == columns.count - 1 ? Self.narrowest : 8
                if excess > 0 { widths[index] = max(min(least, widths[index]), widths[index] - excess) }
            }
        }
        return ([columns.map(\.title)] + rows).flatMap { lines(of: $0, widths, wraps) }
    }

    /// A row, and what of its last cell goes on below it.
    private func lines(of row: [String], _ widths: [Int], _ wraps: Bool) -> [String] {
        let last = columns.count - 1
        let pieces = wraps && columns[last].givesWay ? TextWidth.wrapped(row[last], to: widths[last]) : [TextWidth.cut(row[last], to: widths[last])]
        return pieces.indices.map { piece in
            var line = ""
            for index in columns.indices {
                let cell = index == last ? pieces[piece] : piece == 0 ? TextWidth.cut(row[index], to: widths[index]) : ""
                let space = String(repeating: " ", count: max(0, widths[index] - TextWidth.of(cell)))
                line += (index == 0 ? "" : "  ") + (columns[index].isNumber ? space + cell : cell + space)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}

/// How many columns a text takes in a terminal.
enum TextWidth {
    static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

    /// East Asian wide characters and emoji take two columns (UAX 11), everything else one.
    private static func of(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// At least one line; broken at blanks, a longer word where the line ends.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        guard of(text) > width, width > 0 else { return [text] }
        var lines = [""]
        var used = 0
        for word in text.split(separator: " ") {
            let size = of(String(word))
            if used > 0, used + 1 + size > width {
                lines.append("")
                used = 0
            }
            if used > 0 {
                lines[lines.count - 1] += " "
                used += 1
            }
            for character in word {
                let size = of(character)
                if used + size > width {
                    lines.append("")
                    used = 0
                }
                lines[lines.count - 1].append(character)
                used += size
            }
        }
        return lines
    }

    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        var kept = ""
        var used = 0
        for character in text {
            let size = of(character)
            guard used + size <= width - 1 else { break }
            kept.append(character)
            used += size
        }
        return kept + "…"
    }
}
