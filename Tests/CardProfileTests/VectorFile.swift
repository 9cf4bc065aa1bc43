import Foundation
import Testing

/// One file of docs/vectors: bytes of one structure with their fields, for makers of cards and for these tests alike.
struct VectorFile: Decodable {
    struct Vector: Decodable, CustomStringConvertible {
        let name: String
        let hex: String
        /// Name, hexadecimal, value, and sometimes a note for people.
        let fields: [[String]]

        var description: String { name }

        var bytes: [UInt8] { Self.bytes(hex) }

        /// The values by name; reserved fields are checked to be 0 and left out.
        var values: [String: String] {
            var values: [String: String] = [:]
            for field in fields {
                if field[0] == "reserved" {
                    #expect(field[2] == "0")
                } else {
                    values[field[0]] = field[2]
                }
            }
            return values
        }

        static func bytes(_ hex: String) -> [UInt8] {
            stride(from: 0, to: hex.utf8.count, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16) ?? 0 }
        }
    }

    struct Computed: Decodable {
        let vectors: [[String: Value]]
    }

    /// A text or a number.
    enum Value: Decodable {
        case text(String)
        case number(UInt32)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt32.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var text: String? { if case .text(let text) = self { text } else { nil } }
        var number: UInt32? { if case .number(let number) = self { number } else { nil } }
    }

    let structure: String
    let vectors: [Vector]

    /// Reads a file and checks that the hexadecimal of its fields, one behind the other, is that of the whole.
    static func read(_ name: String) throws -> [Vector] {
        let file = try JSONDecoder().decode(VectorFile.self, from: data(name))
        #expect(!file.vectors.isEmpty)
        for vector in file.vectors {
            #expect(vector.fields.map { $0[1] }.joined() == vector.hex, "\(vector.name)")
        }
        return file.vectors
    }

    static func readComputed(_ name: String) throws -> [[String: Value]] {
        try JSONDecoder().decode(Computed.self, from: data(name)).vectors
    }

    private static func data(_ name: String) throws -> Data {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try Data(contentsOf: root.appending(path: "docs/vectors/\(name).json"))
    }
}
