internal import FoundationEssentials

/// The JSON of the API: keys sorted, slashes as they are, one line.
package enum APIJSON {
    ///
    /// - Parameter pretty: on many lines, for a file that people read.
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Decodes an answer: fields that this version does not know are passed over.
    package static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// Decodes a request: a field that is not known is `Problem` `unknown_field`, anything else wrong `bad_request`.
    /// An empty body is read as `{}`.
    package static func decodeRequest<Value: RequestBody>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws(RequestRefusal) -> Value {
        try JSONBounds.check(bytes)
        let data = Data(bytes.isEmpty ? Array("{}".utf8) : bytes)
        do {
            let value = try JSONDecoder().decode(JSONValue.self, from: data)
            if let unknown = Value.shape.unknownField(in: value) {
                throw RequestRefusal(
                    Problem(
                        .unknownField, detail: "There is no field \(printable(unknown.path)) here.",
                        fix: "Use only these: \(unknown.known.joined(separator: ", "))."))
            }
            return try JSONDecoder().decode(type, from: data)
        } catch let refusal as RequestRefusal {
            throw refusal
        } catch let error as DecodingError {
            throw RequestRefusal(Problem(.badRequest, detail: describe(error), fix: "Send JSON as docs/api.md describes it."))
        } catch {
            throw RequestRefusal(Problem(.badRequest, detail: "The body is not JSON.", fix: "Send JSON as docs/api.md describes it."))
        }
    }

    /// Decodes any JSON that a caller or a program sent.
    package static func decodeAny(_ bytes: [UInt8]) throws(RequestRefusal) -> JSONValue {
        try JSONBounds.check(bytes)
        guard let value = try? decode(JSONValue.self, from: bytes) else {
            throw RequestRefusal(Problem(.badRequest, detail: "The body is not JSON.", fix: "Send any JSON value."))
        }
        return value
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty ? "The body" : "The field " + printable(context.codingPath.map(\.stringValue).joined(separator: "."))
        }
        switch error {
        case .keyNotFound(let key, _): return "The field \(key.stringValue) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return place(context) + " has the wrong type."
        case .dataCorrupted(let context):
            return context.codingPath.isEmpty ? "The body is not JSON." : place(context) + " is not valid: " + context.debugDescription
        @unknown default: return "The body is not understood."
        }
    }

    /// A caller's own text in an answer: short, and without control characters.
    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control || !$0.isASCII ? "?" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// A request that is refused before anything was done.
package struct RequestRefusal: Error, Hashable, Sendable {
    package let problem: Problem

    package init(_ problem: Problem) { self.problem = problem }
}
