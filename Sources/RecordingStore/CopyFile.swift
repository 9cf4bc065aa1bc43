internal import FoundationEssentials

/// How the files beside the ledger are written and read.
enum CopyFile {
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [0x0A]
    }

    static func decode<Value: Decodable>(_ bytes: [UInt8]) throws(CopyDamage) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch { throw CopyDamage(description: "it is not whole, or no file of Earshot's") }
    }
}

/// Why a file beside the ledger cannot be believed.
struct CopyDamage: Error, Sendable, CustomStringConvertible {
    let description: String

    static let tooLong = Self(description: "it is too long to be one of Earshot's")
}
