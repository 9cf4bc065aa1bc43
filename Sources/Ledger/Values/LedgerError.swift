/// Why the ledger did not do what was asked. Nothing was written, unless the text says so.
package struct LedgerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What a program can act on.
    package enum Code: String, Sendable, Hashable {
        /// Nothing of that name.
        case notFound = "not_found"
        /// A prefix or name that fits more than one thing; `detail` names them.
        case ambiguous
        /// An argument that can never be right.
        case invalid
        /// It does not fit what is there: a name or serial that is taken, a version that is not the newest.
        case conflict
        /// The lease ran out, was taken by another, or never was.
        case leaseLost = "lease_lost"
        /// A destination's size or digest is not the recording's, or an artifact's not what arrived.
        case digestDiffers = "digest_differs"
        /// The file was written by a newer version of Earshot.
        case newerDatabase = "newer_database"
        /// SQLite refused: full disk, damaged file, no rights.
        case storage
    }

    package let code: Code
    /// For a person: what was wrong.
    package let detail: String
    /// For a person: what to do.
    package let fix: String
    /// The library's own words, if there are any.
    package let cause: String?

    package init(_ code: Code, _ detail: String, fix: String, cause: String? = nil) {
        self.code = code
        self.detail = detail
        self.fix = fix
        self.cause = cause
    }

    package var description: String { "\(detail) \(fix)" + (cause.map { " (\($0))" } ?? "") }
}
