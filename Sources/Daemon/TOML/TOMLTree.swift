/// The tables of a file while it is read: which may still grow, and by what, is the only rule here (TOML 1.0, "Keys", "Table", "Array of Tables").
final class TOMLTree {
    /// How a table came to be.
    private enum Origin: Equatable {
        /// Only named within a longer name: a header may still define it.
        case implied
        /// By `[name]`; only further headers add tables below it.
        case header
        /// By a dotted key in the given part of the file, which alone may add keys.
        case dotted(part: Int)
    }

    private enum Node {
        case value(TOMLValue)
        case table(TOMLTree)
        case list(Tables)
    }

    /// `[[name]]`, each of them.
    private final class Tables {
        private(set) var all: [TOMLTree]
        private(set) var last: TOMLTree

        init(_ first: TOMLTree) {
            all = [first]
            last = first
        }

        func append(_ table: TOMLTree) {
            all.append(table)
            last = table
        }
    }

    private var origin: Origin
    private let offset: Int
    private var members: [String: (offset: Int, node: Node)] = [:]

    /// An empty file, or an empty inline table.
    convenience init(at offset: Int = 0) { self.init(.header, offset) }

    private init(_ origin: Origin, _ offset: Int) {
        self.origin = origin
        self.offset = offset
    }

    /// `[a.b]` or `[[a.b]]`: the table whose keys follow.
    ///
    /// - Parameter offset: where the header begins.
    func open(_ key: TOMLKey, isList: Bool, at offset: Int) throws(TOMLError) -> TOMLTree {
        var table = self
        for part in key.parts.dropLast() { table = try table.descend(part, makes: .implied) }
        let last = key.last
        switch table.members[last.name]?.node {
        case nil:
            let opened = TOMLTree(.header, offset)
            table.members[last.name] = (last.offset, isList ? .list(Tables(opened)) : .table(opened))
            return opened
        case .list(let tables) where isList:
            let opened = TOMLTree(.header, offset)
            tables.append(opened)
            return opened
        case .table(let implied) where !isList && implied.origin == .implied:
            implied.origin = .header
            return implied
        case .table, .list, .value:
            throw TOMLError(offset: last.offset, reason: "[\(key.shown)] is there already.")
        }
    }

    /// `a.b = value` in this table.
    ///
    /// - Parameter part: of the file: each header begins a new one.
    func set(_ key: TOMLKey, to value: TOMLValue, part: Int) throws(TOMLError) {
        var table = self
        for name in key.parts.dropLast() {
            table = try table.descend(name, makes: .dotted(part: part))
            switch table.origin {
            case .dotted(part: part): break
            case .implied: table.origin = .dotted(part: part)
            case .header, .dotted: throw TOMLError(offset: name.offset, reason: "\(key.shown) adds to a table that is finished.")
            }
        }
        guard table.members[key.last.name] == nil else { throw TOMLError(offset: key.last.offset, reason: "\(key.shown) is there already.") }
        table.members[key.last.name] = (key.last.offset, .value(value))
    }

    private func descend(_ part: TOMLKey.Part, makes origin: Origin) throws(TOMLError) -> TOMLTree {
        switch members[part.name]?.node {
        case nil:
            let table = TOMLTree(origin, part.offset)
            members[part.name] = (part.offset, .table(table))
            return table
        case .table(let table): return table
        case .list(let tables): return tables.last
        case .value: throw TOMLError(offset: part.offset, reason: "\(TOMLKey.shown(part.name)) is a value already; nothing can stand below it.")
        }
    }

    var table: TOMLTable {
        TOMLTable(
            members: members.mapValues { offset, node in
                let value =
                    switch node {
                    case .value(let value): value
                    case .table(let tree): TOMLValue(content: .table(tree.table), offset: tree.offset)
                    case .list(let tables):
                        TOMLValue(content: .array(tables.all.map { TOMLValue(content: .table($0.table), offset: $0.offset) }), offset: offset)
                    }
                return TOMLTable.Member(offset: offset, value: value)
            })
    }
}

/// A key as it was written: its parts, of which there is at least one, with where each stands.
struct TOMLKey {
    struct Part {
        let name: String
        let offset: Int
    }

    let parts: [Part]
    let last: Part

    init(_ parts: [Part], last: Part) {
        self.parts = parts + [last]
        self.last = last
    }

    /// For a message.
    var shown: String { parts.prefix(4).map { Self.shown($0.name) }.joined(separator: ".") + (parts.count > 4 ? "…" : "") }

    static func shown(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.prefix(64).map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
