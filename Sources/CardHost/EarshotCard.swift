internal import ArgumentParser
internal import Daemon
internal import Glibc

/// The program `earshot-card`.
package enum EarshotCard {
    /// Runs the command line and ends the process: 0 done, 1 failed, 2 not understood.
    package static func main() async -> Never {
        var environment: [String: String] = [:]
        if let level = unsafe getenv("EARSHOT_LOG") { environment["EARSHOT_LOG"] = unsafe String(cString: level) }
        if let complaint = UnitLog.start(environment: environment) { StandardStream.error.write(line: "earshot-card: \(complaint)") }
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line, without the program's name.
    ///
    /// - Returns: the exit status.
    package static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try CardCommand.parseAsRoot(arranged(arguments))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as HostError {
            StandardStream.error.write(line: "earshot-card: \(error.detail)")
            return error.code == .badRequest ? 2 : 1
        } catch {
            let status = CardCommand.exitCode(for: error)
            if status.isSuccess {
                StandardStream.output.write(line: CardCommand.fullMessage(for: error))
                return 0
            }
            StandardStream.error.write(line: CardCommand.fullMessage(for: error))
            return status == .validationFailure ? 2 : 1
        }
    }

    /// A person names the card first, `anna press assistant`; the parser wants the command first.
    static func arranged(_ arguments: [String]) -> [String] {
        guard arguments.count > 1, let name = arguments.first, CardName(name) != nil, !arguments[1].hasPrefix("-") else { return arguments }
        let isNested = arguments[1] == FaultCommand.configuration.commandName && arguments.count > 2 && !arguments[2].hasPrefix("-")
        let verbs = arguments[1...(isNested ? 2 : 1)]
        return verbs + [name] + arguments[verbs.endIndex...]
    }
}
