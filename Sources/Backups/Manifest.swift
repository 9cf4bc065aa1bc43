internal import FoundationEssentials
internal import Ledger
internal import Recordings

/// `manifest.json`, the first member of a backup: what it is of, and what each other member must be.
struct Manifest: Codable {
    static let name = "manifest.json"
    /// Rises when an older Earshot could not bring such a backup back.
    static let format = 1

    struct Member: Codable {
        /// `state/…`, `configuration/earshot.toml`, `bluetooth/ADAPTER/PEER/…`
        let path: String
        let size: UInt64
        let sha256: SHA256Digest
    }

    struct Card: Codable {
        let name: String
        let adapter: String
        let peer: String
        /// Whether bluetoothd's bond with it is here.
        let hasBond: Bool
    }

    let format: Int
    let made: UTCTime
    let version: String
    let gateway: String
    /// Of the ledger's tables.
    let schema: Int
    let cards: [Card]
    let events: Int
    /// How many recordings the ledger tells of.
    let recordings: Int
    /// Whether their files are here.
    let hasRecordings: Bool
    let members: [Member]

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }

    static func decode(_ bytes: [UInt8]) throws(BackupError) -> Manifest {
        struct Head: Decodable { let format: Int }
        let remedy = "Use another backup."
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else {
            throw BackupError("Its \(name) is not whole: this is no backup of Earshot, or a damaged one.", remedy)
        }
        guard head.format == format else {
            throw BackupError(
                "It has format \(head.format); this Earshot knows format \(format).", "Use the version of Earshot that made it, or a newer one.")
        }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)) else {
            throw BackupError("Its \(name) is damaged.", remedy)
        }
        return manifest
    }
}
