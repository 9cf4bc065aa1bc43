internal import Bytes

/// A piece of the ledger as the files beside it hold it: all rows of one table that have one key, none when there are none any more.
package struct Extract: Sendable, Hashable, Codable {
    /// What a column holds; a column that is NULL is left out of its row.
    package enum Value: Sendable, Hashable, Codable {
        case integer(Int64)
        case text(String)

        package init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do { self = .text(try container.decode(String.self)) } catch { self = .integer(try container.decode(Int64.self)) }
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .integer(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }

        fileprivate var json: String {
            switch self {
            case .integer(let number): String(number)
            case .text(let text): JSONScalar.quoted(text)
            }
        }
    }

    package let table: String
    package let key: [String: Value]
    /// Rises with every change of the ledger: of two extracts of one key, the higher one counts.
    package let revision: Int64
    package let rows: [[String: Value]]

    /// JSON on one line, the same for the same extract in every version: checksums stand on it.
    package var text: String {
        "{\"key\":\(Self.object(key)),\"revision\":\(revision),\"rows\":\(rowsText),\"table\":\(JSONScalar.quoted(table))}"
    }

    var rowsText: String { "[" + rows.map(Self.object).joined(separator: ",") + "]" }
    var keyText: String { Self.object(key) }

    /// CRC-32C over the texts, each with a line feed behind it.
    package static func checksum(_ extracts: [Extract]) -> UInt32 {
        var crc = CRC32C()
        for extract in extracts { crc.update(Array((extract.text + "\n").utf8)[...]) }
        return crc.value
    }

    private static func object(_ members: [String: Value]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\(JSONScalar.quoted($0.key)):\($0.value.json)" }.joined(separator: ",") + "}"
    }
}
