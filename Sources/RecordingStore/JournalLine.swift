internal import Ledger

/// One line of the journal.
enum JournalLine {
    /// What a segment is.
    struct Head: Codable, Hashable {
        /// 1: this format.
        let journal: Int
        let gateway: GatewayID
        /// The version of the tables that its extracts are rows of.
        let schema: Int

        var text: String { "{\"gateway\":\"\(gateway)\",\"journal\":\(journal),\"schema\":\(schema)}" }
    }

    static func bytes(_ text: String) -> [UInt8] {
        let line = Array(text.utf8)
        return Array("\(Checksum.text(of: line[...])) ".utf8) + line + [0x0A]
    }

    /// The JSON of a line without its line feed; nil when it is damaged.
    static func content(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard line.count > 9, line[line.startIndex + 8] == 0x20 else { return nil }
        let text = line[(line.startIndex + 9)...]
        return Array(line.prefix(8)) == Array(Checksum.text(of: text).utf8) ? text : nil
    }
}
