internal import Recordings

/// A route of the API as its description has it.
struct Operation: Sendable {
    enum Answer: Sendable {
        case json(Int, Schema)
        case other(Int, String, Schema)
        /// Server-sent events; the data of each is a JSON of this schema.
        case stream(String)
        case nothing
        case empty(Int)
    }

    /// The kind of a query item.
    enum Item: Sendable {
        case text, flag, count, time, wait, format, job, start
    }

    enum Request: Sendable {
        case json(String)
        case any
        case bytes
    }

    enum Headers: Sendable {
        case none
        /// `Idempotency-Key`
        case `repeat`
        /// `If-Match`, `If-None-Match`
        case versions
        /// `Content-Digest`
        case digest
        /// `Lease`, `Content-Digest`
        case artifact
    }

    let route: Route
    let tag: String
    let summary: String
    let answers: [Answer]
    let query: [(String, Item)]
    let request: Request?
    let headers: Headers

    init(
        _ route: Route, _ tag: String, _ summary: String, _ answers: [Answer], query: [(String, Item)] = [], request: Request? = nil,
        headers: Headers = .none
    ) {
        self.route = route
        self.tag = tag
        self.summary = summary
        self.answers = answers
        self.query = query
        self.request = request
        self.headers = headers
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(name), "tags": .array([.string(tag)]), "summary": .string(summary), "x-scope": .string(scope),
            "responses": .object(responses),
        ]
        let parameters = pathParameters + queryParameters + headerParameters
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if let body { members["requestBody"] = body }
        return .object(members)
    }

    /// `get_v1_cards_card_holder`
    private var name: String {
        let path = route.template.split(separator: "/").map { $0.filter { $0.isLetter || $0.isNumber } }
        return ([route.method.rawValue.lowercased()] + path).joined(separator: "_")
    }

    private var scope: String {
        switch route.right {
        case .open: "none"
        case .needs(let scope): scope.description
        case .needsOrLease(let scope): scope.description + ", or a lease on a job of the recording"
        case .queueInPath: "queue:NAME of the path"
        case .queueOfJob: "queue:NAME of the job"
        case .annotationInPath: "annotate:NAME of the path"
        }
    }

    private var responses: [String: JSONValue] {
        var responses: [String: JSONValue] = ["default": .object(["$ref": .string("#/components/responses/Problem")])]
        var contents: [Int: [String: JSONValue]] = [:]
        for answer in answers {
            switch answer {
            case .json(let status, let schema): contents[status, default: [:]]["application/json"] = .object(["schema": schema.json])
            case .other(let status, let type, let schema): contents[status, default: [:]][type] = .object(["schema": schema.json])
            case .stream(let name):
                contents[200, default: [:]]["text/event-stream"] = .object([
                    "schema": .object(["type": .string("string"), "x-data": Schema.reference(name).json])
                ])
            case .nothing: contents[204, default: [:]] = [:]
            case .empty(let status): contents[status, default: [:]] = [:]
            }
        }
        for (status, content) in contents {
            var response: [String: JSONValue] = ["description": .string(Self.description(status))]
            if !content.isEmpty { response["content"] = .object(content) }
            responses[String(status)] = .object(response)
        }
        return responses
    }

    private static func description(_ status: Int) -> String {
        switch status {
        case 201: "Made."
        case 202: "Still to come; see Retry-After."
        case 204: "Nothing to say."
        case 206: "The part that was asked for."
        case 304: "Not changed."
        default: "Done."
        }
    }

    private var pathParameters: [JSONValue] {
        route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            Self.parameter(
                String(part.dropFirst().dropLast()), in: "path", Schema(["type": .string("string"), "minLength": .integer(1)]), isRequired: true)
        }
    }

    private var queryParameters: [JSONValue] {
        query.map { name, item in
            let schema: Schema =
                switch item {
                case .text: .text
                case .flag: .words(["true", "false"], grows: false)
                case .count: .count
                case .time: .time
                case .wait: .integer(0...60)
                case .format: .words(["original", "opus", "wav"], grows: false)
                case .start: .words(StartSource.allCases.map(\.rawValue), grows: false)
                case .job: .words(["ready", "leased", "done", "dead", "held"], grows: false)
                }
            return Self.parameter(name, in: "query", schema)
        }
    }

    private var headerParameters: [JSONValue] {
        switch headers {
        case .none: []
        case .repeat: [Self.parameter(APIHeader.idempotencyKey, in: "header", .text)]
        case .versions: [Self.parameter("If-Match", in: "header", .text), Self.parameter("If-None-Match", in: "header", .text)]
        case .digest: [Self.parameter(APIHeader.contentDigest, in: "header", .text, isRequired: true)]
        case .artifact:
            [
                Self.parameter(APIHeader.lease, in: "header", .text, isRequired: true),
                Self.parameter(APIHeader.contentDigest, in: "header", .text, isRequired: true),
            ]
        }
    }

    private static func parameter(_ name: String, in place: String, _ schema: Schema, isRequired: Bool = false) -> JSONValue {
        .object(["name": .string(name), "in": .string(place), "required": .bool(isRequired), "schema": schema.json])
    }

    private var body: JSONValue? {
        guard let request else { return nil }
        let (type, schema): (String, Schema) =
            switch request {
            case .json(let name): ("application/json", .reference(name))
            case .any: ("application/json", .any)
            case .bytes: ("application/octet-stream", .binary)
            }
        return .object(["required": .bool(true), "content": .object([type: .object(["schema": schema.json])])])
    }
}
