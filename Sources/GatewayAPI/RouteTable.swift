/// Finds the route of a method and path.
package struct RouteTable: Sendable {
    package enum Found: Hashable, Sendable {
        /// With what stands in place of the braces, percent-decoded.
        case route(Route, [String: String])
        /// The path is served, with these methods.
        case otherMethods([Route.Method])
        case nothing
    }

    private let routes: [(route: Route, segments: [Substring])]

    package init(_ routes: [Route]) {
        self.routes = routes.map { ($0, $0.template.dropFirst().split(separator: "/", omittingEmptySubsequences: false)) }
    }

    /// - Parameter path: without the query, as it came over the wire.
    package func find(_ method: String, _ path: String) -> Found {
        guard path.hasPrefix("/"), path.utf8.count <= 1024 else { return .nothing }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var others: [Route.Method] = []
        for (route, template) in routes {
            guard let arguments = Self.match(segments, template) else { continue }
            if route.method.rawValue == method { return .route(route, arguments) }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    private static func match(_ segments: [Substring], _ template: [Substring]) -> [String: String]? {
        guard segments.count == template.count else { return nil }
        var arguments: [String: String] = [:]
        for (segment, expected) in zip(segments, template) {
            if expected.hasPrefix("{") {
                guard let value = PercentEncoding.decode(segment), !value.isEmpty else { return nil }
                arguments[String(expected.dropFirst().dropLast())] = value
            } else if segment != expected {
                return nil
            }
        }
        return arguments
    }
}
