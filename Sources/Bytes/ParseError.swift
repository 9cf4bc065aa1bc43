/// Why bytes could not be read as what they should be. It says where, so that a dump of the bytes can be read beside it.
package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The field needs more bytes than are left.
        case truncated(needed: Int, left: Int)
        /// The field holds a value that its structure does not allow.
        case badValue(UInt64)
    }

    package let code: Code
    /// Where the field begins, in bytes from the start of the structure.
    package let offset: Int
    /// The field by its name in the specification.
    package let field: String

    package init(_ code: Code, at offset: Int, in field: String) {
        self.code = code
        self.offset = offset
        self.field = field
    }

    package var description: String {
        switch code {
        case .truncated(let needed, let left): "\(field) at byte \(offset) needs \(needed) bytes and \(left) are left"
        case .badValue(let value): "\(field) at byte \(offset) may not be \(value)"
        }
    }
}
