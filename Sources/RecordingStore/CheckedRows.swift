internal import Ledger

/// Rows of the ledger with their checksum.
struct CheckedRows: Codable {
    /// The version of the tables.
    let schema: Int
    let crc32c: String
    let extracts: [Extract]

    init(_ extracts: [Extract]) {
        schema = Ledger.schemaVersion
        crc32c = Checksum.text(Extract.checksum(extracts))
        self.extracts = extracts
    }

    func check() throws(CopyDamage) {
        guard schema <= Ledger.schemaVersion else {
            throw CopyDamage(description: "a newer version of Earshot wrote it (tables of version \(schema); this one knows \(Ledger.schemaVersion))")
        }
        guard crc32c == Checksum.text(Extract.checksum(extracts)) else { throw CopyDamage(description: "its checksum is wrong") }
    }
}
