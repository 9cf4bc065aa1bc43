/// Where each key of a TOML file stands: the parser does not tell it. Only for messages; the parser decides what the file says.
///
/// It reads scalars, not characters: a carriage return would hide a line's end, a combining accent a quotation mark.
struct SettingLines {
    private typealias Scalars = Substring.UnicodeScalarView

    private var lines: [[String]: Int] = [:]

    /// The first line that begins a table and names none: toml++ ends the process over it.
    private(set) var namelessTable: Int?

    /// The first line with a brace where a list's next value belongs: toml++ ends the process over that, too.
    private(set) var misplacedBrace: Int?

    init(_ text: String) {
        var table: [String] = []
        var counts: [[String]: Int] = [:]
        var depth = 0
        var quotes: String?
        var last: Unicode.Scalar?
        for (index, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = Self.withoutSpace(line)
            let isHeader = quotes == nil && depth == 0 && content.first == "["
            if isHeader {
                let isList = content.dropFirst().first == "["
                let name = content.dropFirst(isList ? 2 : 1)
                if namelessTable == nil, !Self.beginsKey(Self.withoutSpace(name)) { namelessTable = index + 1 }
                table = Self.path(name)
                if isList {
                    let count = counts[table, default: 0]
                    counts[table] = count + 1
                    table.append(String(count))
                }
                note(table, index + 1)
            } else if quotes == nil, depth == 0, content.first != "#", content.contains("=") {
                note(table + Self.path(content), index + 1)
            }
            let isMisplaced = Self.scan(content, depth: &depth, quotes: &quotes, last: &last, inHeader: isHeader)
            if isMisplaced, misplacedBrace == nil { misplacedBrace = index + 1 }
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

    private static func withoutSpace(_ text: Scalars) -> Scalars { text.drop { $0 == " " || $0 == "\t" } }

    private static func beginsKey(_ text: Scalars) -> Bool {
        guard let first = text.first else { return false }
        return switch first {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "\"", "'": true
        default: false
        }
    }

    /// A dotted key up to `]` or `=`, quotes removed.
    private static func path(_ text: Scalars) -> [String] {
        var parts: [String] = []
        var part = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        for scalar in text {
            if let open = quote {
                if scalar == open { quote = nil } else { part.append(scalar) }
                continue
            }
            switch scalar {
            case "\"", "'": quote = scalar
            case "]", "=", "\r":
                parts.append(String(part))
                return parts
            case ".":
                parts.append(String(part))
                part = .init()
            case " ", "\t": continue
            default: part.append(scalar)
            }
        }
        return parts + [String(part)]
    }

    /// Follows brackets and quotes, so that lines within a value are not taken for keys.
    ///
    /// - Parameter last: outside of quotes, what came before that was neither space nor comment.
    /// - Returns: whether a closing brace stands behind a comma or an opening bracket.
    private static func scan(
        _ line: Scalars, depth: inout Int, quotes: inout String?, last: inout Unicode.Scalar?, inHeader: Bool
    ) -> Bool {
        var rest = line
        var isMisplaced = false
        defer { if quotes?.unicodeScalars.count == 1 { quotes = nil } }
        while let next = rest.first {
            if let open = quotes {
                if next == "\\", open.utf8.first == 0x22 {
                    rest = rest.dropFirst(2)
                } else if rest.starts(with: open.unicodeScalars) {
                    rest = rest.dropFirst(open.unicodeScalars.count)
                    quotes = nil
                } else {
                    rest = rest.dropFirst()
                }
                continue
            }
            if let open = ["\"\"\"", "'''", "\"", "'"].first(where: { rest.starts(with: $0.unicodeScalars) }) {
                quotes = open
                last = next
                rest = rest.dropFirst(open.unicodeScalars.count)
                continue
            }
            if next == "}", last == "[" || last == "," { isMisplaced = true }
            switch next {
            case "#": return isMisplaced
            case "[" where !inHeader: depth += 1
            case "]" where !inHeader: depth = max(0, depth - 1)
            default: break
            }
            if ![" ", "\t", "\r"].contains(next) { last = next }
            rest = rest.dropFirst()
        }
        return isMisplaced
    }
}
