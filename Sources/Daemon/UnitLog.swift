internal import Glibc
internal import Logging

/// The log of a unit: to the journal with fields where that is behind standard error, else to standard error, one line an entry; level from
/// `EARSHOT_LOG`.
package enum UnitLog {
    /// Call once, first thing in a process.
    ///
    /// - Returns: what is wrong with `EARSHOT_LOG`, for the caller to say; the level is then `info`.
    @discardableResult
    package static func start(environment: [String: String]) -> String? {
        let text = environment["EARSHOT_LOG"] ?? ""
        let level = Logger.Level(rawValue: text.lowercased())
        let journal = JournalSocket.isBehind(STDERR_FILENO, environment) ? JournalSocket() : nil
        let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "earshot"
        LoggingSystem.bootstrap { label in
            if let journal { return JournalLog(journal, program: program, level: level ?? .info) }
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level ?? .info
            return handler
        }
        guard level == nil, !text.isEmpty else { return nil }
        return "EARSHOT_LOG is one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") + "."
    }
}
