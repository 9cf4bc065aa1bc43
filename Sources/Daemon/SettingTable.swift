/// One table of the file while it is read: each key is asked for once, and what nobody asked for is an error.
final class SettingTable {
    private let members: [String: SettingValue]
    private let path: [String]
    private let source: Source
    private var known: Set<String> = []

    /// The file, for messages.
    struct Source {
        let file: String
        let lines: SettingLines
    }

    init(_ members: [String: SettingValue], at path: [String], of source: Source) {
        self.members = members
        self.path = path
        self.source = source
    }

    func string(_ key: String) throws(ConfigurationError) -> String? {
        try take(key, "text") { if case .string(let value) = $0 { value } else { nil } }
    }

    func bool(_ key: String) throws(ConfigurationError) -> Bool? {
        try take(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
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
            switch $0 {
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
            switch $0 {
            case .string(let text): return [text]
            case .array(let items):
                let texts = items.compactMap { item -> String? in if case .string(let text) = item { text } else { nil } }
                return texts.count == items.count ? texts : nil
            default: return nil
            }
        }
    }

    func table(_ key: String) throws(ConfigurationError) -> SettingTable? {
        try take(key, "a table") { value in
            if case .table(let members) = value { SettingTable(members, at: path + [key], of: source) } else { nil }
        }
    }

    /// A list of tables: `[[key]]`, or inline.
    func tables(_ key: String) throws(ConfigurationError) -> [SettingTable] {
        try take(key, "a list of tables") { value -> [SettingTable]? in
            guard case .array(let items) = value else { return nil }
            var tables: [SettingTable] = []
            for (index, item) in items.enumerated() {
                guard case .table(let members) = item else { return nil }
                tables.append(SettingTable(members, at: path + [key, String(index)], of: source))
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
        guard let key = members.keys.filter({ !known.contains($0) }).min(by: { (line($0) ?? 0, $0) < (line($1) ?? 0, $1) }) else { return }
        let place = path.isEmpty ? "the file" : "[" + path.filter { Int($0) == nil }.joined(separator: ".") + "]"
        throw error(key, "There is no key \"\(shown(key))\" in \(place).", nearest: NearestName.of(key, among: known))
    }

    func missing(_ key: String) -> ConfigurationError {
        ConfigurationError(file: source.file, line: source.lines[path], reason: "\(name(key)) is missing.")
    }

    func error(_ key: String, _ reason: String, nearest: String? = nil) -> ConfigurationError {
        ConfigurationError(file: source.file, line: line(key), reason: reason, nearest: nearest)
    }

    /// `storage.reserve`
    func name(_ key: String) -> String { (path.filter { Int($0) == nil } + [shown(key)]).joined(separator: ".") }

    private func line(_ key: String) -> Int? { source.lines[path + [key]] }

    /// A key as a message may show it.
    private func shown(_ key: String) -> String {
        String(String.UnicodeScalarView(key.unicodeScalars.prefix(64).map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    private func take<Value>(_ key: String, _ kind: String, _ read: (SettingValue) -> Value?) throws(ConfigurationError) -> Value? {
        known.insert(key)
        guard let member = members[key] else { return nil }
        guard let value = read(member) else { throw error(key, "\(name(key)) is \(member.kind); it must be \(kind).") }
        return value
    }
}
