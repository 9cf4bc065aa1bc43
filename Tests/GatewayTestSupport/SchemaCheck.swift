package import GatewayAPI

/// Holds answers against the API's own description, strictly: a member that it does not have is a finding, too.
package struct SchemaCheck {
    private let document: JSONValue

    package init(_ document: JSONValue) { self.document = document }

    /// What is wrong with an answer; empty: nothing.
    ///
    /// - Parameter type: of the body, without parameters; nil: there is none.
    package func findings(_ route: Route, status: Int, type: String?, body: [UInt8]) -> [String] {
        guard let operation = document["paths"]?[route.template]?[route.method.rawValue.lowercased()] else { return ["\(route) is not described"] }
        let response = operation["responses"]?[String(status)] ?? (status >= 400 ? document["components"]?["responses"]?["Problem"] : nil)
        guard let response else { return ["\(route): \(status) is not described"] }
        guard let content = response["content"] else { return body.isEmpty ? [] : ["\(route): \(status) has no body"] }
        guard let type, let schema = (content[type] ?? content["*/*"])?["schema"] else {
            return ["\(route): \(status) as \(type ?? "nothing") is not described"]
        }
        switch type {
        case "text/event-stream":
            let lines = String(decoding: body, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("data: ") }
            return lines.flatMap { findings(Array($0.dropFirst(6).utf8), schema["x-data"] ?? .null, "\(route)") }
        case _ where type.hasSuffix("json"): return findings(body, schema, "\(route) \(status)")
        default: return []
        }
    }

    private func findings(_ json: [UInt8], _ schema: JSONValue, _ place: String) -> [String] {
        guard let value = try? APIJSON.decode(JSONValue.self, from: json) else { return ["\(place): no JSON"] }
        return findings(value, schema, place)
    }

    private func findings(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        if let name = schema["$ref"]?.string?.split(separator: "/").last {
            guard let target = document["components"]?["schemas"]?[String(name)] else { return ["\(place): there is no schema \(name)"] }
            return findings(value, target, place)
        }
        if case .array(let choices)? = schema["anyOf"] {
            return choices.contains { findings(value, $0, place).isEmpty } ? [] : ["\(place): none of the choices"]
        }
        switch (schema["type"]?.string, value) {
        case (nil, _), ("boolean", .bool), ("number", .integer), ("number", .number), ("null", .null): return []
        case ("integer", .integer(let number)):
            let isLow = schema["minimum"]?.integer.map { number < $0 } ?? false
            let isHigh = schema["maximum"]?.integer.map { number > $0 } ?? false
            return isLow || isHigh ? ["\(place): \(number) is out of its bounds"] : []
        case ("string", .string(let text)):
            for key in ["enum", "x-words"] {
                if case .array(let words)? = schema[key], !words.contains(value) { return ["\(place): \(text) is none of the words"] }
            }
            if let pattern = schema["pattern"]?.string, let expression = try? Regex(pattern), text.wholeMatch(of: expression) == nil {
                return ["\(place): \(text) does not fit \(pattern)"]
            }
            return []
        case ("array", .array(let items)):
            return items.enumerated().flatMap { findings($0.element, schema["items"] ?? .null, "\(place)[\($0.offset)]") }
        case ("object", .object(let members)): return objectFindings(members, schema, place)
        case (let type?, _): return ["\(place): \(value) is no \(type)"]
        }
    }

    private func objectFindings(_ members: [String: JSONValue], _ schema: JSONValue, _ place: String) -> [String] {
        var found: [String] = []
        if case .array(let required)? = schema["required"] {
            for case .string(let name) in required where members[name] == nil { found.append("\(place).\(name) is missing") }
        }
        for (name, member) in members {
            if let known = schema["properties"]?[name] ?? schema["additionalProperties"] {
                found += findings(member, known, "\(place).\(name)")
            } else {
                found.append("\(place).\(name) is not described")
            }
        }
        return found
    }
}
