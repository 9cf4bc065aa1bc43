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
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
