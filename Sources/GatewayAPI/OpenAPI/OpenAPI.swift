/// The API's own description: OpenAPI 3.1, as `GET /v1/openapi.json` and docs/openapi.json have it.
package enum OpenAPI {
    /// Sorted keys, two spaces, a line break at the end.
    package static let text: String = {
        let bytes = (try? APIJSON.encode(document, pretty: true)) ?? []
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }()

    /// The routes that it describes.
    package static var routes: [Route] { Operations.all.map(\.route) }

    package static let document: JSONValue = .object([
        "openapi": .string("3.1.0"),
        "info": .object([
            "title": .string("Earshot"), "version": .string("1"),
            "description": .string(
                "HTTP over three Unix sockets; docs/api.md says who may do what. x-scope: what a token for the agents' socket needs. "
                    + "Fields of an answer that you do not know: pass over them. x-words: the words there are now; more may come."),
            "license": .object(["name": .string("Apache-2.0"), "identifier": .string("Apache-2.0")]),
        ]),
        "servers": .array([.object(["url": .string("http://earshot")])]),
        "security": .array([.object([:]), .object(["token": .array([])])]),
        "paths": paths,
        "components": .object([
            "schemas": .object(schemas),
            "responses": .object([
                "Problem": .object([
                    "description": .string("It was not done; act on code."),
                    "content": .object([Problem.mediaType: .object(["schema": Schema.reference("Problem").json])]),
                ])
            ]),
            "securitySchemes": .object([
                "token": .object(["type": .string("http"), "scheme": .string("bearer"), "description": .string("On the agents' socket only.")])
            ]),
        ]),
    ])

    /// A page of a list.
    static func page(_ name: String) -> Schema { .object([.must("items", .list(.reference(name))), .may("next", .text)]) }

    private static var paths: JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for operation in Operations.all {
            paths[operation.route.template, default: [:]][operation.route.method.rawValue.lowercased()] = operation.json
        }
        return .object(paths.mapValues { .object($0) })
    }

    private static var schemas: [String: JSONValue] {
        let all = BoxSchemas.all + CardSchemas.all + RecordingSchemas.all + WorkSchemas.all
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.schema.json) })
    }
}
