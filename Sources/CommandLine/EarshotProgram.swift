internal import APIClient
internal import ArgumentParser
internal import Daemon
internal import GatewayAPI

/// The program `earshot`: parses, runs, and ends with the status that says how it went.
package enum EarshotProgram {
    package static func main() async {
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        leave(status)
    }

    /// Everything but the end of the process.
    package static func run(_ arguments: [String]) async -> ExitStatus {
        do {
            var command = try EarshotCommand.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .fine
        } catch {
            return tell(error)
        }
    }

    private static func tell(_ error: any Error) -> ExitStatus {
        switch error {
        case let end as CommandEnd:
            if let message = end.message { StandardStream.error.write(line: "earshot: " + message) }
            return end.status
        case let error as APIError:
            for line in CommandEnd.lines(for: error) { StandardStream.error.write(line: "earshot: " + line) }
            return CommandEnd.status(for: error)
        case is BrokenPipe: return .fine
        case is CancellationError: return .failed
        default: break
        }
        switch EarshotCommand.exitCode(for: error) {
        case .success:
            do { try StandardStream.output.put(EarshotCommand.fullMessage(for: error)) } catch { return tell(error) }
            return .fine
        case .validationFailure:
            StandardStream.error.write(line: EarshotCommand.fullMessage(for: error))
            return .usage
        default:
            // A command that has said what happened ends with a bare status.
            let message = EarshotCommand.message(for: error)
            if !message.isEmpty, !(error is ExitCode) { StandardStream.error.write(line: "earshot: " + message) }
            return .failed
        }
    }
}

/// `earshot`
struct EarshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earshot", abstract: "Takes recordings and button presses off recorder cards, and loses none.",
        discussion: """
            A recording is named anna/214, by its id or a unique beginning of it, or in words: "anna yesterday 15:00".
            Exit status: 0 fine, 1 failed (also when what it prints cannot be written), 2 usage, 3 waiting, 4 needs a person, 5 not allowed, 6 no daemon.
            """,
        version: Release.line(of: "earshot"),
        groupedSubcommands: [
            CommandGroup(name: "See what is happening", subcommands: [StatusCommand.self, WatchCommand.self, WhyCommand.self, AuditCommand.self]),
            CommandGroup(name: "Recordings", subcommands: [RecordingsCommand.self, PlayCommand.self, ExportCommand.self, ImportCommand.self]),
            CommandGroup(
                name: "Cards and people",
                subcommands: [PairCommand.self, ForgetCommand.self, CardsCommand.self, HoldersCommand.self, OwnerCommand.self]),
            CommandGroup(name: "Agents and events", subcommands: [EventsCommand.self, QueueCommand.self]),
            CommandGroup(
                name: "The box",
                subcommands: [
                    DoctorCommand.self, ReportCommand.self, BackupCommand.self, RestoreCommand.self, ConfigCommand.self, AccessCommand.self,
                    SandboxCommand.self, DemoCommand.self,
                ]),
        ])
}
