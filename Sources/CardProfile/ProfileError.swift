package import Bytes

/// What a peer did that the profile does not allow, or that this version does not understand.
package struct ProfileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A major version that this side does not know.
        case version
        /// Bytes that are not the structure that they should be; `cause` says where.
        case malformed
        /// Well formed, and not allowed at this moment.
        case outOfOrder
        /// More than was asked for, or than anybody may send.
        case tooMuch
        /// A request while another one waits for its response: a mistake of the caller.
        case busy
    }

    package let code: Code
    /// What was being read or done, for a person.
    package let detail: String
    package let cause: ParseError?

    package init(_ code: Code, _ detail: String, cause: ParseError? = nil) {
        self.code = code
        self.detail = detail
        self.cause = cause
    }

    package var description: String { cause.map { "\(detail): \($0)." } ?? detail }
}
