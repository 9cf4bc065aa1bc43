internal import APIClient
internal import Bytes
internal import GatewayAPI
internal import Glibc

/// How the program ends.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case fine = 0
    case failed = 1
    case usage = 2
    /// Not yet: it happens by itself.
    case waiting = 3
    case needsPerson = 4
    case notAllowed = 5
    case noDaemon = 6
}

/// Ends the process at once.
func leave(_ status: ExitStatus) -> Never { exit(status.rawValue) }

/// A command ends with this status, and perhaps a word.
struct CommandEnd: Error {
    let status: ExitStatus
    let message: String?

    init(_ status: ExitStatus, _ message: String? = nil) {
        self.status = status
        self.message = message
    }

    static func status(for error: APIError) -> ExitStatus {
        switch error.code {
        case .noGateway: .noDaemon
        case .noAccess: .notAllowed
        case .timedOut, .connectionLost, .notUnderstood: .failed
        case .refused:
            switch error.problem?.status ?? 500 {
            case 401, 403: .notAllowed
            case 400: .usage
            case _ where error.problem?.code.known == .pairingPaused: .waiting
            default: .failed
            }
        }
    }

    /// What a person is told: what was wrong and what to do.
    static func lines(for error: APIError) -> [String] {
        switch error.code {
        case .noGateway:
            [
                error.detail,
                "Start it: systemctl start earshotd, or try it without a card: earshot sandbox. Elsewhere? --socket PATH or EARSHOT_SOCKET.",
            ]
        case .noAccess: [error.detail, "Become a member of the group earshot (or earshot-read, to look), or use sudo."]
        case .refused:
            [error.problem?.detail, error.problem?.fix].compactMap { $0 }.map { ForeignText($0, limit: 2000).description }
        case .timedOut, .connectionLost, .notUnderstood: [ForeignText(error.description, limit: 2000).description]
        }
    }
}
