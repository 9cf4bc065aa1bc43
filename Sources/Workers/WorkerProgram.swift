internal import Daemon
internal import FoundationEssentials
internal import Glibc
package import Logging
package import ServiceLifecycle

/// What the main functions of workers share: usage, errors, exit status.
package enum WorkerProgram {
    /// A command line that cannot be followed: printed with a pointer to `--help`, exit status 2.
    package struct UsageError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Runs a worker until it is asked to stop, then ends the process: 0 stopped as asked, 1 failed, 2 usage.
    ///
    /// - Parameters:
    ///   - usage: what `--help` prints; `--version` is answered, too.
    ///   - service: reads the command line.
    package static func main(
        _ name: String, usage: String, _ service: ([String], [String: String], Logger) throws -> any Service
    ) async -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let environment = ProcessInfo.processInfo.environment
        let own = arguments.prefix { $0 != "--" }
        if own.contains(where: { $0 == "--help" || $0 == "-h" }) {
            say(usage, to: 1)
            exit(0)
        }
        if own.contains("--version") {
            say(Release.line(of: name), to: 1)
            exit(0)
        }
        if let problem = UnitLog.start(environment: environment) { leave(2, "\(name): \(problem)") }
        let logger = Logger(label: name)
        do {
            try await UnitRun.run([("worker", try service(arguments, environment, logger))], logger: logger)
            exit(0)
        } catch let error as UsageError {
            leave(2, "\(name): \(error)\nTry: \(name) --help")
        } catch {
            leave(1, "\(name): \(error)")
        }
    }

    private static func leave(_ status: Int32, _ text: String) -> Never {
        say(text, to: 2)
        exit(status)
    }

    private static func say(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
    }
}

/// This process, for a person who reads the queue.
enum ProcessIdentity {
    static var id: String { String(getpid()) }
}
