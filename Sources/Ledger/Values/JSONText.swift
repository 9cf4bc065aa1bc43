/// A piece of JSON as text. What came from outside was checked where it came in; the database checks it again.
package struct JSONText: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// - Parameter text: must be JSON; the database refuses anything else.
    package init(_ text: String) { description = text }

    /// An object of this gateway's own making; what is nil is left out.
    init(_ members: [(String, JSONScalar?)]) {
        description = "{" + members.compactMap { name, value in value.map { "\(JSONScalar.quoted(name)):\($0.text)" } }.joined(separator: ",") + "}"
    }
}
