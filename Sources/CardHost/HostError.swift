/// Why a command for a software card failed. `code` is stable; `detail` is for a person and says what to do.
package struct HostError: Error, Sendable, Codable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        /// Not understood: exit status 2.
        case badRequest = "bad_request"
        case noSuchCard = "no_such_card"
        /// No `simulate` or `serve` runs with this folder, or it does not answer.
        case notRunning = "not_running"
        /// Another `simulate` or `serve` runs with this folder.
        case alreadyRunning = "already_running"
        /// The card said no: nothing to stop, no such recording, full.
        case refused
        /// A file cannot be read or written.
        case file
        /// No passkey is being shown.
        case noPasskey = "no_passkey"
        case timedOut = "timed_out"
        case failed
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { detail }
}
