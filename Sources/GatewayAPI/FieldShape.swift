/// The fields that a request may have, so that a misspelt one is refused and named.
package indirect enum FieldShape: Sendable {
    /// Anything goes: the value's own type decides.
    case any
    case object([String: FieldShape])
    /// An object whose member names are the caller's.
    case map(FieldShape)
    case list(FieldShape)

    /// The fields of a message by its coding keys; `nested` describes those that are objects themselves.
    package static func fields<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type, nested: [String: FieldShape] = [:]) -> FieldShape {
        .object(Dictionary(uniqueKeysWithValues: Keys.allCases.map { ($0.stringValue, nested[$0.stringValue] ?? .any) }))
    }

    /// The first field, in alphabetical order, that does not belong, with those that do at its place.
    package func unknownField(in value: JSONValue, at path: String = "") -> (path: String, known: [String])? {
        switch (self, value) {
        case (.object(let fields), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                guard let shape = fields[name] else { return (path + name, fields.keys.sorted()) }
                if let found = shape.unknownField(in: member, at: path + name + ".") { return found }
            }
        case (.map(let shape), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                if let found = shape.unknownField(in: member, at: path + name + ".") { return found }
            }
        case (.list(let shape), .array(let members)):
            for (index, member) in members.enumerated() {
                if let found = shape.unknownField(in: member, at: path + "\(index).") { return found }
            }
        default: break
        }
        return nil
    }
}

/// A request's body. Every field that it does not name is refused.
package protocol RequestBody: Codable, Sendable, Hashable {
    static var shape: FieldShape { get }
}
