/// `staff.csv`: who carries which card. A head with the columns' names, in any order, then a row for each card.
package struct StaffList: Sendable, Hashable {
    package struct Row: Sendable, Hashable {
        /// The line in the file, from 1.
        package let line: Int
        /// What the card is called.
        package let name: String
        /// nil: nobody carries it yet.
        package let holder: String?
        package let holderName: String?
        package let groups: [String]
    }

    /// What is wrong with the file, and where.
    package struct Damage: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package let rows: [Row]

    /// The most that is read.
    package static let longest = 4 << 20

    /// - Throws: `Damage`, which names the line.
    package init(_ text: String) throws(Damage) {
        let records = try Self.records(text)
        guard let head = records.first else {
            throw Damage(description: "The file is empty. Its first line names the columns: name,holder,holder_name,groups")
        }
        let columns = try Self.columns(head.fields)
        var rows: [Row] = []
        var names: [String: Int] = [:]
        for record in records.dropFirst() {
            guard record.fields.count <= head.fields.count else {
                throw Damage(description: "Line \(record.line) has \(record.fields.count) fields, and the head names \(head.fields.count).")
            }
            func field(_ column: Column) -> String? {
                guard let index = columns[column], record.fields.indices.contains(index), !record.fields[index].isEmpty else { return nil }
                return record.fields[index]
            }
            guard let name = field(.name) else { throw Damage(description: "Line \(record.line) has no name for the card.") }
            if let before = names[name] { throw Damage(description: "Line \(record.line) names \(Shown.text(name)) again: line \(before) did.") }
            names[name] = record.line
            guard field(.holder) != nil || field(.holderName) == nil else {
                throw Damage(description: "Line \(record.line) has a holder's name and no holder's id, as \(Shown.text(name))@example.com.")
            }
            let groups = field(.groups).map { $0.split { $0 == ";" || $0 == " " || $0 == "|" }.map(String.init) } ?? []
            rows.append(Row(line: record.line, name: name, holder: field(.holder), holderName: field(.holderName), groups: groups))
        }
        self.rows = rows
    }

    // MARK: - Columns

    private enum Column: String, CaseIterable {
        case name, holder, groups
        case holderName = "holder_name"
    }

    /// `holder id`, `Holder-ID` and `holder` are the same.
    private static func columns(_ head: [String]) throws(Damage) -> [Column: Int] {
        var columns: [Column: Int] = [:]
        for (index, title) in head.enumerated() {
            var word = title.lowercased().map { $0 == " " || $0 == "-" ? "_" : String($0) }.joined()
            if word == "holder_id" { word = "holder" }
            guard let column = Column(rawValue: word), columns.updateValue(index, forKey: column) == nil else {
                throw Damage(
                    description: "The first line names a column \"\(Shown.text(title))\". Known are, each once: name, holder, holder_name, groups.")
            }
        }
        guard columns[.name] != nil else { throw Damage(description: "The first line names no column \"name\": what each card is called.") }
        return columns
    }

    // MARK: - RFC 4180

    /// Fields of each line that is not empty, without the blanks around them; in quotes a field may hold commas, line ends and (doubled) quotes.
    private static func records(_ text: String) throws(Damage) -> [(line: Int, fields: [String])] {
        var records: [(line: Int, fields: [String])] = []
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var wasQuoted = false
        var line = 1
        var start = 1
        func endField() {
            fields.append(wasQuoted ? field : trimmed(field))
            field = ""
            wasQuoted = false
        }
        func endRecord() {
            endField()
            if fields != [""] { records.append((start, fields)) }
            fields = []
        }
        var characters = text.unicodeScalars.makeIterator()
        var pending: Unicode.Scalar?
        while let character = pending ?? characters.next() {
            pending = nil
            switch character {
            case "\"" where isQuoted:
                let next = characters.next()
                if next == "\"" {
                    field.unicodeScalars.append(character)
                } else {
                    isQuoted = false
                    pending = next
                }
            case "\"" where trimmed(field).isEmpty && !wasQuoted:
                field = ""
                isQuoted = true
                wasQuoted = true
            case "\n" where !isQuoted:
                endRecord()
                line += 1
                start = line
            case "\r" where !isQuoted, "\u{FEFF}": break
            case "," where !isQuoted: endField()
            default:
                if character == "\n" { line += 1 }
                if !wasQuoted || isQuoted { field.unicodeScalars.append(character) }
            }
        }
        guard !isQuoted else { throw Damage(description: "The quotes that begin in line \(start) do not end.") }
        endRecord()
        return records
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
