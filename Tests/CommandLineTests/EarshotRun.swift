import Foundation
import Subprocess
import SystemPackage

/// The program itself, as a person starts it.
struct EarshotRun: Sendable {
    let status: Int
    let output: String
    let error: String

    /// Beside the test bundle.
    static let program = FilePath(Bundle.main.executablePath ?? CommandLine.arguments[0]).removingLastComponent().appending("earshot")

    /// - Parameter socket: nil: none is named.
    static func run(_ arguments: [String], socket: String?, environment more: [String: String] = [:]) async throws -> EarshotRun {
        try await run(.path(program), arguments, socket: socket, environment: more)
    }

    /// A line of a shell that runs it.
    static func shell(_ command: String, socket: String?) async throws -> EarshotRun { try await run(.name("sh"), ["-c", command], socket: socket) }

    /// Another program that runs it, in the same surroundings.
    static func run(
        _ program: Executable, _ arguments: [String], socket: String?, environment more: [String: String] = [:]
    ) async throws -> EarshotRun {
        var environment: [Environment.Key: String?] = ["TZ": "UTC", "EARSHOT_RUN": "/nowhere"]
        environment["EARSHOT_SOCKET"] = .some(socket)
        for (name, value) in more { environment[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            program, arguments: Arguments(arguments), environment: .inherit.updating(environment), input: .none,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let status: Int =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            default: -1
            }
        return EarshotRun(status: status, output: result.standardOutput, error: result.standardError)
    }

    var lines: [Substring] { output.split(separator: "\n") }
}
