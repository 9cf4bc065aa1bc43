internal import TOMLKit

/// A parsed TOML value, freed from the parser's pointers.
enum SettingValue {
    case string(String)
    case integer(Int)
    case bool(Bool)
    case array([SettingValue])
    case table([String: SettingValue])
    /// A kind that no setting has: a date, a floating-point number.
    case other(String)

    init(_ table: TOMLTable) {
        var members: [String: SettingValue] = [:]
        for key in table.keys {
            if let value = table[key] { members[key] = SettingValue(value.tomlValue) }
        }
        self = .table(members)
    }

    private init(_ value: TOMLValue) {
        if let table = value.table {
            self.init(table)
        } else if let array = value.array {
            self = .array(array.map { SettingValue($0.tomlValue) })
        } else if let string = value.string {
            self = .string(string)
        } else if let bool = value.bool {
            self = .bool(bool)
        } else if let integer = value.int {
            self = .integer(integer)
        } else {
            self = .other(value.type.description)
        }
    }

    /// As a message names it.
    var kind: String {
        switch self {
        case .string: "text"
        case .integer: "a number"
        case .bool: "true or false"
        case .array: "a list"
        case .table: "a table"
        case .other(let kind): "a " + kind
        }
    }
}
