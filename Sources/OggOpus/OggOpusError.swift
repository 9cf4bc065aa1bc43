/// Why a stream could not be read or written. What is merely damaged is never an error: it is a gap.
package struct OggOpusError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// No Ogg page was found in all of it.
        case notOgg = "not_ogg"
        /// Ogg, but no Opus stream in it.
        case notOpus = "not_opus"
        /// Ogg Opus of a kind that recorders do not make: more than two channels, a later major version.
        case unsupported
        /// A header that contradicts RFC 7845.
        case invalidHeader = "invalid_header"
        /// What was given to the writer cannot be written.
        case cannotWrite = "cannot_write"
        /// No memory for a page.
        case outOfMemory = "out_of_memory"
    }

    package let code: Code
    /// What was wrong and what to do, for a person.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }
}
