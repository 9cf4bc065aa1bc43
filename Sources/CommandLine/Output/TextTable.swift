/// A table that fits the terminal: a column that must not be cut keeps its width, the others give way from the last.
struct TextTable {
    struct Column {
        let title: String
        var isNumber = false
        /// May be cut with … when the line gets too long.
        var givesWay = false
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// - Parameter width: of the terminal; nil: nothing is cut.
    func lines(width: Int?) -> [String] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(TextWidth.of).max() ?? 0
        }
        if let width {
            for index in columns.indices.reversed() where columns[index].givesWay {
                let excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
                if excess > 0 { widths[index] = max(min(8, widths[index]), widths[index] - excess) }
            }
        }
        return ([columns.map(\.title)] + rows).map { row in
            var line = ""
            for index in columns.indices {
                let text = TextWidth.cut(row[index], to: widths[index])
                let space = String(repeating: " ", count: max(0, widths[index] - TextWidth.of(text)))
                line += (index == 0 ? "" : "  ") + (columns[index].isNumber ? space + text : text + space)
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
