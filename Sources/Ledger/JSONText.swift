/// A piece of JSON as text. What came from outside was checked where it came in; the database checks it again.
package struct JSONText: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// - Parameter text: must be JSON; the database refuses anything else.
    package init(_ text: String) { description = text }

    /// An object of this gateway's own making; what is nil is left out.
    init(_ members: [(String, JSONScalar?)]) {
        description = "{" + members.compactMap { name, value in value.map { "\(JSONScalar.quoted(name)):\($0.text)" } }.joined(separator: ",") + "}"
    }
}

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
