internal import Ledger

/// cards.json: the cards with their bonds, who carries them, and who this gateway is.
struct CardsFile: Codable {
    static let name = "cards.json"
    static let longest = 64 << 20

    let gateway: GatewayID
    let rows: CheckedRows

    init(_ content: CardsContent) {
        gateway = content.gateway
        rows = CheckedRows(content.extracts)
    }

    static func read(_ bytes: [UInt8]) throws(CopyDamage) -> CardsFile {
        let file: CardsFile = try CopyFile.decode(bytes)
        try file.rows.check()
        return file
    }
}
