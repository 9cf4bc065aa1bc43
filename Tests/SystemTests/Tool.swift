import Subprocess
import SystemPackage
import TestSupport

/// A program that was run to its end.
struct Tool {
    let succeeded: Bool
    let output: String
    let errors: String

    /// Runs an executable of this build.
    static func own(_ name: String, _ arguments: [String], environment: [Environment.Key: String?] = [:]) async throws -> Tool {
        try await run(.path(FilePath(try BuiltProducts.path(of: name))), arguments, environment)
    }

    /// Runs a program of the machine.
    static func machine(_ name: String, _ arguments: String...) async throws -> Tool { try await machine(name, arguments) }

    /// - Parameter name: a path, or the name of a program on the search path.
    static func machine(_ name: String, _ arguments: [String], environment: [Environment.Key: String?] = [:]) async throws -> Tool {
        try await run(name.contains("/") ? .path(FilePath(name)) : .name(name), arguments, environment)
    }

    private static func run(_ executable: Executable, _ arguments: [String], _ environment: [Environment.Key: String?]) async throws -> Tool {
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), environment: .inherit.updating(environment), output: .string(limit: 8 << 20),
            error: .string(limit: 1 << 20))
        return Tool(succeeded: result.terminationStatus.isSuccess, output: result.standardOutput, errors: result.standardError)
    }
}
