/// A value of a TOML file with where it stands.
package struct TOMLValue: Sendable, Hashable {
    package indirect enum Content: Sendable, Hashable {
        case string(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
        case moment(Moment)
        case array([TOMLValue])
        case table(TOMLTable)
    }

    /// A date, a time or both, checked and otherwise as it was written: no setting has one.
    package struct Moment: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case offsetDateTime = "datetime"
            case localDateTime = "datetime-local"
            case localDate = "date-local"
            case localTime = "time-local"
        }

        package let kind: Kind
        package let text: String
    }

    package let content: Content
    /// Bytes from the beginning of the file to its own.
    package let offset: Int

    /// As a message names it.
    var kind: String {
        switch content {
        case .string: "text"
        case .integer, .number: "a number"
        case .bool: "true or false"
        case .moment: "a date or time"
        case .array: "a list"
        case .table: "a table"
        }
    }
}

/// A table: its keys with where each stands and its value.
package struct TOMLTable: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        /// Bytes from the beginning of the file to the first mention of the key.
        package let offset: Int
        package let value: TOMLValue
    }

    package let members: [String: Member]
}

/// Why a text is no TOML 1.0, and where.
package struct TOMLError: Error, Sendable, Hashable {
    /// Bytes from the beginning of the file.
    package let offset: Int
    /// For a person, without anything of the file in it that could not be shown.
    package let reason: String
}
