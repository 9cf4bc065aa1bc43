internal import Bytes

/// One table of the file while it is read: each key is asked for once, and what nobody asked for is an error.
final class SettingTable {
    private let members: [String: TOMLTable.Member]
    private let path: [String]
    private let offset: Int
    private let source: SettingSource
    private var known: Set<String> = []

    /// - Parameters:
    ///   - path: the names of the tables around it and its own; a position in a list is a number.
    ///   - offset: where it begins in the file.
    init(_ table: TOMLTable, at path: [String], offset: Int, of source: SettingSource) {
        members = table.members
        self.path = path
        self.offset = offset
        self.source = source
    }

    func string(_ key: String) throws(ConfigurationError) -> String? {
        try take(key, "text") { if case .string(let value) = $0.content { value } else { nil } }
    }

    func bool(_ key: String) throws(ConfigurationError) -> Bool? {
        try take(key, "true or false") { if case .bool(let value) = $0.content { value } else { nil } }
    }

    /// One of a list of words.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(ConfigurationError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        throw error(key, "\(name(key)) is one of \(words.joined(separator: ", ")).", nearest: NearestName.of(text, among: words))
    }

    /// `"2 GiB"`, or a number of bytes.
    func size(_ key: String) throws(ConfigurationError) -> UInt64? {
        let value: UInt64?? = try take(key, "a size as \"2 GiB\"") {
            switch $0.content {
            case .string(let text): .some(ByteSize.parse(text))
            case .integer(let bytes): .some(UInt64(exactly: bytes))
            default: nil
            }
        }
        guard let value else { return nil }
        guard let value else { throw error(key, "\(name(key)) is no size; write it as \"2 GiB\".") }
        return value
    }

    /// A list of texts, or one text.
    func strings(_ key: String) throws(ConfigurationError) -> [String]? {
        try take(key, "a list of texts") {
            switch $0.content {
            case .string(let text): return [text]
            case .array(let items):
                let texts = items.compactMap { item -> String? in if case .string(let text) = item.content { text } else { nil } }
                return texts.count == items.count ? texts : nil
            default: return nil
            }
        }
    }

    func table(_ key: String) throws(ConfigurationError) -> SettingTable? {
        try take(key, "a table") { value in
            if case .table(let members) = value.content { SettingTable(members, at: path + [key], offset: value.offset, of: source) } else { nil }
        }
    }

    /// A list of tables: `[[key]]`, or inline.
    func tables(_ key: String) throws(ConfigurationError) -> [SettingTable] {
        try take(key, "a list of tables") { value -> [SettingTable]? in
            guard case .array(let items) = value.content else { return nil }
            var tables: [SettingTable] = []
            for (index, item) in items.enumerated() {
                guard case .table(let members) = item.content else { return nil }
                tables.append(SettingTable(members, at: path + [key, String(index)], offset: item.offset, of: source))
            }
            return tables
        } ?? []
    }

    /// Every member as a table, by name: `[agents.NAME]`.
    func named() throws(ConfigurationError) -> [(name: String, table: SettingTable)] {
        var tables: [(String, SettingTable)] = []
        for name in members.keys.sorted() {
            guard (1...64).contains(name.utf8.count), let first = name.utf8.first, (0x61...0x7A).contains(first) || (0x30...0x39).contains(first),
                name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x5F].contains($0) })
            else { throw error(name, "\(self.name(name)): a name is 1 to 64 of a-z 0-9 _ - and begins with a letter or digit.") }
            if let table = try table(name) { tables.append((name, table)) }
        }
        return tables
    }

    /// Call when all known keys were asked for.
    func finish() throws(ConfigurationError) {
        guard let (key, member) = members.filter({ !known.contains($0.key) }).min(by: { $0.value.offset < $1.value.offset }) else { return }
        let place = path.isEmpty ? "the file" : "[" + path.filter { Int($0) == nil }.joined(separator: ".") + "]"
        throw source.error("There is no key \"\(TOMLKey.shown(key))\" in \(place).", at: member.offset, nearest: NearestName.of(key, among: known))
    }

    func missing(_ key: String) -> ConfigurationError { source.error("\(name(key)) is missing.", at: offset) }

    /// What is wrong with a key's value.
    func error(_ key: String, _ reason: String, nearest: String? = nil) -> ConfigurationError {
        source.error(reason, at: members[key]?.value.offset ?? offset, nearest: nearest)
    }

    /// `storage.reserve`
    func name(_ key: String) -> String { (path.filter { Int($0) == nil } + [TOMLKey.shown(key)]).joined(separator: ".") }

    private func take<Value>(_ key: String, _ kind: String, _ read: (TOMLValue) -> Value?) throws(ConfigurationError) -> Value? {
        known.insert(key)
        guard let member = members[key] else { return nil }
        let value = member.value
        source.note(path.isEmpty ? key : path.joined(separator: ".") + "." + key, at: member.offset)
        guard let taken = read(value) else { throw error(key, "\(name(key)) is \(value.kind); it must be \(kind).") }
        return taken
    }
}
