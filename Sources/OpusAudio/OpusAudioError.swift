/// Why audio could not be decoded, encoded, read or written.
package struct OpusAudioError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        /// A rate or channel count that Opus or WAV does not have.
        case unsupported
        /// libopus refused; its own error number is in the detail.
        case codec
        /// A WAV file that cannot be read.
        case invalidWAV = "invalid_wav"
        /// More than 4 GiB in one WAV file, or more in one piece than was agreed.
        case tooLarge = "too_large"
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
