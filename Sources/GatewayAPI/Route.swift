/// One method and path of the API, with what a caller must be allowed.
package struct Route: Hashable, Sendable, CustomStringConvertible {
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// What a token must hold. The control socket's callers hold all; the read socket serves `GET` of `.read` and `.open`.
    package enum Right: Hashable, Sendable {
        /// Anyone who can connect.
        case open
        case needs(Scope)
        /// The scope, or a lease that the token's own queue has now on a job of the recording that the path names.
        case needsOrLease(Scope)
        /// The queue that the path names.
        case queueInPath
        /// The queue of the job that the path names.
        case queueOfJob
        /// The annotation that the path names.
        case annotationInPath
    }

    package let method: Method
    /// `{name}` stands for one path segment, percent-encoded where needed.
    package let template: String
    package let right: Right

    package init(_ method: Method, _ template: String, _ right: Right) {
        self.method = method
        self.template = template
        self.right = right
    }

    package var description: String { method.rawValue + " " + template }

    /// The path with `arguments` in place of the braces, in their order, and the query behind it. A query item without value is left out.
    package func path(_ arguments: String..., query: KeyValuePairs<String, String?> = [:]) -> String {
        var rest = arguments[...]
        let segments = template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.hasPrefix("{") ? PercentEncoding.encode(rest.popFirst() ?? "") : String(segment)
        }
        let items = query.compactMap { name, value in value.map { name + "=" + PercentEncoding.encode($0) } }
        return segments.joined(separator: "/") + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }
}
