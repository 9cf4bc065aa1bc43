package import Logging

/// One entry of the log as systemd's journal takes it: a text for people, and each fact of it in a field of its own (systemd.journal-fields(7)).
///
/// It fits a datagram: at most `mostFacts` facts, each cut at `longestValue`.
package struct JournalEntry: Sendable {
    /// Bytes.
    package static let longestValue = 4096
    package static let mostFacts = 12
    /// Journald refuses longer names of fields.
    private static let longestName = 64

    package let bytes: [UInt8]

    /// - Parameters:
    ///   - program: as the journal names it.
    ///   - message: the same for every entry of its kind: what differs is metadata.
    ///   - source: the module that says it.
    package init(program: String, level: Logger.Level, message: String, metadata: Logger.Metadata, source: String) {
        let facts = metadata.sorted { $0.key < $1.key }.prefix(Self.mostFacts).map { (key: $0.key, value: Self.cut("\($0.value)")) }
        var fields = [
            ("MESSAGE", Self.cut(([message] + facts.map { "\($0.key)=\($0.value)" }).joined(separator: " "))),
            ("PRIORITY", "\(Self.priority(level))"), ("SYSLOG_IDENTIFIER", program),
            ("EARSHOT_MESSAGE", message), ("EARSHOT_SOURCE", source),
        ]
        if let id = JournalKinds.id(of: message) { fields.append(("MESSAGE_ID", id)) }
        for fact in facts {
            fields.append((Self.name(fact.key), fact.value))
            // What a person looks for most often has a short name, too.
            if ["card", "recording"].contains(fact.key) { fields.append((fact.key.uppercased(), fact.value)) }
        }
        bytes = fields.reduce(into: []) { $0 += Self.encoded($1.0, $1.1) }
    }

    /// A value with a line break in it says how long it is instead of ending with the line.
    private static func encoded(_ name: String, _ value: String) -> [UInt8] {
        let value = Array(value.utf8)
        guard value.contains(UInt8(ascii: "\n")) else { return Array("\(name)=".utf8) + value + Array("\n".utf8) }
        let length = UInt64(value.count)
        return Array("\(name)\n".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + value + Array("\n".utf8)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestValue else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: longestValue - "…".utf8.count)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }

    /// `EARSHOT_CARD` of `card`, `EARSHOT_UP_TO` of `upTo`.
    private static func name(_ key: String) -> String {
        let name = key.unicodeScalars.reduce(into: "EARSHOT_") { name, scalar in
            switch scalar {
            case "a"..."z", "0"..."9": name.unicodeScalars.append(scalar)
            case "A"..."Z": name += "_\(scalar)"
            default: name += "_"
            }
        }
        return String(name.uppercased().prefix(longestName))
    }

    /// syslog(3)
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
