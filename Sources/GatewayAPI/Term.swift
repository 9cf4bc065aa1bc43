/// A word of a list that may grow: a state, a kind. A word that this version does not know is kept as it came.
package struct Term<Known: RawRepresentable & Sendable>: Hashable, Sendable, Codable, CustomStringConvertible where Known.RawValue == String {
    package let description: String

    package init(_ known: Known) { description = known.rawValue }

    /// Nil when this version does not know the word.
    package var known: Known? { Known(rawValue: description) }

    package init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
