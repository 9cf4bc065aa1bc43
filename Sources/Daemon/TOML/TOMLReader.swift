/// Reads TOML 1.0 (https://toml.io/en/v1.0.0), strictly and whole: what is no TOML is refused with its place, whatever the bytes are.
///
/// Beyond TOML it takes a byte order mark at the beginning, which some editors write; it refuses what nests deeper than `depthLimit`.
package struct TOMLReader {
    /// Tables within tables, lists within lists and parts of a key: an earshot.toml has four.
    package static let depthLimit = 32

    private var cursor: TOMLCursor

    /// - Parameter text: at most some MiB; it is read in one go.
    package static func read(_ text: String) throws(TOMLError) -> TOMLTable {
        var reader = TOMLReader(Array(text.utf8))
        return try reader.document()
    }

    private init(_ bytes: [UInt8]) { cursor = TOMLCursor(bytes) }

    private mutating func document() throws(TOMLError) -> TOMLTable {
        _ = cursor.take([0xEF, 0xBB, 0xBF])
        let root = TOMLTree()
        var table = root
        // Each header begins one: a dotted key adds only to tables that its own part made.
        var part = 0
        while true {
            cursor.skipBlanks()
            switch cursor.next {
            case nil: return root.table
            case 0x0A, 0x0D, 0x23: break
            case 0x5B:
                table = try header(in: root)
                part += 1
            default: try pair(in: table, part: part, depth: 0)
            }
            try lineEnd()
        }
    }

    // MARK: - Lines

    private mutating func header(in root: TOMLTree) throws(TOMLError) -> TOMLTree {
        let begin = cursor.offset
        let isList = cursor.peek(1) == 0x5B
        cursor.skip(isList ? 2 : 1)
        cursor.skipBlanks()
        let key = try key("a table begins with its name, as in [storage].")
        guard cursor.take(isList ? [0x5D, 0x5D] : [0x5D]) else {
            throw cursor.error(isList ? "]] is missing behind the name of this list of tables." : "] is missing behind the name of this table.")
        }
        return try root.open(key, isList: isList, at: begin)
    }

    private mutating func pair(
        in table: TOMLTree, part: Int, depth: Int, expected: String = "a key is missing here."
    ) throws(TOMLError) {
        let key = try key(expected)
        guard cursor.take([0x3D]) else { throw cursor.error("= is missing behind the key \(key.shown).") }
        cursor.skipBlanks()
        try table.set(key, to: value(depth: depth + 1), part: part)
    }

    /// White space, a comment, and the end of the line or file.
    private mutating func lineEnd() throws(TOMLError) {
        cursor.skipBlanks()
        try comment()
        guard cursor.isAtEnd || cursor.takeLineEnd() else { throw cursor.error("the line should end here.") }
    }

    private mutating func comment() throws(TOMLError) {
        guard cursor.next == 0x23 else { return }
        _ = cursor.take { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        guard cursor.isAtEnd || cursor.next == 0x0A || (cursor.next == 0x0D && cursor.peek(1) == 0x0A) else {
            throw cursor.error("a control character stands in a comment.")
        }
    }

    // MARK: - Keys

    /// With the white space behind it.
    private mutating func key(_ expected: String) throws(TOMLError) -> TOMLKey {
        var parts: [TOMLKey.Part] = []
        while true {
            let begin = cursor.offset
            let part = TOMLKey.Part(name: try keyPart(expected), offset: begin)
            cursor.skipBlanks()
            guard cursor.next == 0x2E else { return TOMLKey(parts, last: part) }
            cursor.skip()
            cursor.skipBlanks()
            parts.append(part)
            guard parts.count < Self.depthLimit else { throw cursor.error("this key has more than \(Self.depthLimit) parts.", at: begin) }
        }
    }

    private mutating func keyPart(_ expected: String) throws(TOMLError) -> String {
        if cursor.next == 0x22 || cursor.next == 0x27 { return try cursor.lineString() }
        let bare = cursor.take {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
        guard !bare.isEmpty else { throw cursor.error(expected) }
        return String(decoding: bare, as: UTF8.self)
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
        let begin = cursor.offset
        guard depth <= Self.depthLimit else { throw cursor.error("this nests deeper than \(Self.depthLimit) levels.") }
        let content: TOMLValue.Content =
            switch cursor.next {
            case 0x22, 0x27: .string(try cursor.string())
            case 0x5B: .array(try array(depth: depth))
            case 0x7B: .table(try inlineTable(depth: depth))
            default: try word()
            }
        return TOMLValue(content: content, offset: begin)
    }

    private mutating func word() throws(TOMLError) -> TOMLValue.Content {
        let begin = cursor.offset
        var word = cursor.take { !TOMLWord.ends(with: $0) }
        guard !word.isEmpty else { throw cursor.error("a value is missing here.") }
        // A date and its time may have a space between them.
        if TOMLWord(word).isDate, cursor.next == 0x20, cursor.peek(1).map({ (0x30...0x39).contains($0) }) == true {
            cursor.skip()
            _ = cursor.take { !TOMLWord.ends(with: $0) }
            word = cursor.bytes[begin..<cursor.offset]
        }
        guard let content = TOMLWord(word).value else {
            throw cursor.error("this is no value; a text stands in quotes, a number is within 64 bits.", at: begin)
        }
        return content
    }

    private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
        let begin = cursor.offset
        cursor.skip()
        var items: [TOMLValue] = []
        while true {
            try skipLines()
            if cursor.take([0x5D]) { return items }
            guard !cursor.isAtEnd else { throw cursor.error("this list has no closing ].", at: begin) }
            items.append(try value(depth: depth + 1))
            try skipLines()
            if cursor.take([0x5D]) { return items }
            guard cursor.take([0x2C]) else {
                throw cursor.isAtEnd ? cursor.error("this list has no closing ].", at: begin) : cursor.error("a comma or ] is missing here.")
            }
        }
    }

    /// White space, comments and line ends: within a list they mean nothing.
    private mutating func skipLines() throws(TOMLError) {
        repeat {
            cursor.skipBlanks()
            try comment()
        } while cursor.takeLineEnd()
    }

    private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLTable {
        let begin = cursor.offset
        cursor.skip()
        let tree = TOMLTree(at: begin)
        cursor.skipBlanks()
        if cursor.take([0x7D]) { return tree.table }
        while true {
            try pair(in: tree, part: 0, depth: depth, expected: "a key is missing here; a table in braces ends without a comma.")
            cursor.skipBlanks()
            if cursor.take([0x7D]) { return tree.table }
            guard cursor.take([0x2C]) else { throw cursor.error("a comma or } is missing here; a table in braces stands on one line.") }
            cursor.skipBlanks()
        }
    }
}
