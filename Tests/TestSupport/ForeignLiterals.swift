package import Bytes

/// Tests write foreign text as literals.
extension ForeignText: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self.init(value) }
}
