/// Where each key of a TOML file stands: the parser does not tell it. Only for messages; the parser decides what the file says.
struct SettingLines {
    private var lines: [[String]: Int] = [:]

    init(_ text: String) {
        var table: [String] = []
        var counts: [[String]: Int] = [:]
        var depth = 0
        var quotes: String?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.drop { $0 == " " || $0 == "\t" }
            if quotes == nil, depth == 0 {
                if content.hasPrefix("[[") {
                    let path = Self.path(content.dropFirst(2))
                    let count = counts[path, default: 0]
                    counts[path] = count + 1
                    table = path + [String(count)]
                    note(table, index + 1)
                } else if content.hasPrefix("[") {
                    table = Self.path(content.dropFirst())
                    note(table, index + 1)
                } else if !content.hasPrefix("#"), content.contains("=") {
                    note(table + Self.path(content), index + 1)
                }
            }
            Self.scan(content, depth: &depth, quotes: &quotes, inHeader: quotes == nil && depth == 0 && content.hasPrefix("["))
        }
    }

    /// The line of a key, or of the nearest one above it.
    subscript(_ path: [String]) -> Int? {
        var path = path[...]
        while !path.isEmpty {
            if let line = lines[Array(path)] { return line }
            path = path.dropLast()
        }
        return nil
    }

    private mutating func note(_ path: [String], _ line: Int) {
        for length in stride(from: path.count, to: 0, by: -1) where lines[Array(path.prefix(length))] == nil {
            lines[Array(path.prefix(length))] = line
        }
    }

    /// A dotted key up to `]` or `=`, quotes removed.
    private static func path(_ text: Substring) -> [String] {
        var parts: [String] = []
        var part = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { part.append(character) }
                continue
            }
            switch character {
            case "\"", "'": quote = character
            case "]", "=", "\r":
                parts.append(part)
                return parts
            case ".":
                parts.append(part)
                part = ""
            case " ", "\t": continue
            default: part.append(character)
            }
        }
        return parts + [part]
    }

    /// Follows brackets and quotes, so that lines within a value are not taken for keys.
    private static func scan(_ line: Substring, depth: inout Int, quotes: inout String?, inHeader: Bool) {
        var rest = line
        while !rest.isEmpty {
            if let open = quotes {
                if rest.hasPrefix("\\"), open.hasPrefix("\"") {
                    rest = rest.dropFirst(2)
                } else if rest.hasPrefix(open) {
                    rest = rest.dropFirst(open.count)
                    quotes = nil
                } else {
                    rest = rest.dropFirst()
                }
                continue
            }
            if let open = ["\"\"\"", "'''", "\"", "'"].first(where: { rest.hasPrefix($0) }) {
                quotes = open
                rest = rest.dropFirst(open.count)
                continue
            }
            switch rest.first {
            case "#": return
            case "[" where !inHeader: depth += 1
            case "]" where !inHeader: depth = max(0, depth - 1)
            default: break
            }
            rest = rest.dropFirst()
        }
        if quotes?.count == 1 { quotes = nil }
    }
}
