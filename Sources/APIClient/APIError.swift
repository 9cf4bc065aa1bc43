package import GatewayAPI

/// Why a request to the gateway brought no result.
package struct APIError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Nothing listens at the socket: the gateway is not running.
        case noGateway = "no_gateway"
        /// The socket may not be opened by this user.
        case noAccess = "no_access"
        /// No answer within the time allowed. What was asked may have been done.
        case timedOut = "timed_out"
        /// The connection ended within the answer. What was asked may have been done.
        case connectionLost = "connection_lost"
        /// The gateway refused; `problem` says why.
        case refused
        /// The answer is not what docs/api.md says.
        case notUnderstood = "not_understood"
    }

    package let code: Code
    /// What the gateway said, word for word; its texts may hold foreign ones.
    package let problem: Problem?
    /// For a person.
    package let detail: String
    /// The library's own words, if there are any.
    package let cause: String?

    package init(_ code: Code, _ detail: String, problem: Problem? = nil, cause: String? = nil) {
        self.code = code
        self.problem = problem
        self.detail = detail
        self.cause = cause
    }

    package init(_ problem: Problem) {
        self.init(.refused, problem.detail, problem: problem)
    }

    package var description: String { detail + (cause.map { " (\($0))" } ?? "") }

    /// Whether the same request may well succeed a little later.
    package var isTransient: Bool {
        switch code {
        case .noGateway, .timedOut, .connectionLost: true
        case .noAccess, .notUnderstood: false
        case .refused: problem.map { $0.status == 429 || $0.status >= 500 } ?? false
        }
    }
}
