internal import GatewayAPI

/// What a command prints: tables and sentences for a person, one JSON object a line for a program.
struct Report {
    let isJSON: Bool

    func json(_ values: some Sequence<some Encodable>) throws {
        for value in values { try StandardStream.output.put(String(decoding: try APIJSON.encode(value), as: UTF8.self)) }
    }

    func line(_ text: String = "") throws { try StandardStream.output.put(text) }

    func table(_ table: TextTable) throws {
        for line in table.lines(width: StandardStream.output.columns) { try StandardStream.output.put(line) }
    }
}
