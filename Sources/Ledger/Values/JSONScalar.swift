/// What stands behind a name in the ledger's own objects.
enum JSONScalar: ExpressibleByStringLiteral {
    case string(String)
    case number(Int64)
    case bool(Bool)
    case null

    init(stringLiteral value: String) { self = .string(value) }

    var text: String {
        switch self {
        case .string(let string): Self.quoted(string)
        case .number(let number): String(number)
        case .bool(let bool): bool ? "true" : "false"
        case .null: "null"
        }
    }

    /// RFC 8259, 7.
    static func quoted(_ string: String) -> String {
        var text: [UInt8] = [0x22]
        for byte in string.utf8 {
            switch byte {
            case 0x22, 0x5C: text += [0x5C, byte]
            case 0..<0x20: text += Array((byte < 0x10 ? "\\u000" : "\\u00").utf8) + Array(String(byte, radix: 16).utf8)
            default: text.append(byte)
            }
        }
        text.append(0x22)
        return String(decoding: text, as: UTF8.self)
    }
}
