/// A JSON Schema, 2020-12, as OpenAPI 3.1 has it.
struct Schema: Sendable {
    let json: JSONValue

    init(_ members: [String: JSONValue]) { json = .object(members) }

    /// A member of an object.
    struct Member: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool

        static func must(_ name: String, _ schema: Schema) -> Member { Member(name: name, schema: schema, isRequired: true) }
        /// Left out where there is nothing to say.
        static func may(_ name: String, _ schema: Schema) -> Member { Member(name: name, schema: schema, isRequired: false) }
    }

    static let any = Schema([:])
    static let text = Schema(["type": .string("string")])
    static let flag = Schema(["type": .string("boolean")])
    static let integer = Schema(["type": .string("integer")])
    static let number = Schema(["type": .string("number")])
    /// UTC with milliseconds.
    static let time = Schema(["type": .string("string"), "format": .string("date-time")])
    static let sha256 = Schema(["type": .string("string"), "pattern": .string("^[0-9a-f]{64}$")])
    static let binary = Schema(["type": .string("string"), "contentEncoding": .string("binary")])

    /// A count, or bytes.
    static let count = Schema(["type": .string("integer"), "minimum": .integer(0)])

    static func id(_ prefix: String) -> Schema {
        Schema(["type": .string("string"), "pattern": .string("^\(prefix)_[0-9A-HJKMNP-TV-Z]{26}$")])
    }

    static func integer(_ range: ClosedRange<Int>) -> Schema {
        Schema(["type": .string("integer"), "minimum": .integer(Int64(range.lowerBound)), "maximum": .integer(Int64(range.upperBound))])
    }

    /// One of these words. Of an answer the list may grow, so there it is a hint: `x-words`.
    static func words(_ words: [String], grows: Bool = true) -> Schema {
        Schema(["type": .string("string"), grows ? "x-words" : "enum": .array(words.map { .string($0) })])
    }

    static func list(_ items: Schema) -> Schema { Schema(["type": .string("array"), "items": items.json]) }

    static func map(_ values: Schema) -> Schema { Schema(["type": .string("object"), "additionalProperties": values.json]) }

    static func reference(_ name: String) -> Schema { Schema(["$ref": .string("#/components/schemas/" + name)]) }

    /// A request's body takes no other members; an answer may get some, which a client passes over.
    static func object(_ members: [Member], isRequest: Bool = false) -> Schema {
        var object: [String: JSONValue] = [
            "type": .string("object"), "properties": .object(Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.schema.json) })),
        ]
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        if isRequest { object["additionalProperties"] = .bool(false) }
        return Schema(object)
    }

    static func request(_ members: [Member]) -> Schema { object(members, isRequest: true) }

    /// Also null.
    var orNull: Schema { Schema(["anyOf": .array([json, .object(["type": .string("null")])])]) }
}
