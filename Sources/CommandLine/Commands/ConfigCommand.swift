internal import APIClient
internal import ArgumentParser
internal import Daemon
internal import FoundationEssentials
internal import GatewayAPI

/// `earshot config check|show|reload`
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The file earshot.toml: check it, see what is in force, bring it into force.",
        subcommands: [Check.self, Show.self, Reload.self])

    /// Reads the file as earshotd does, which need not run.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "What is wrong in the file, with its line; exit status 2 if anything is.")

        @Argument(help: "The file; else EARSHOT_CONFIG, else /etc/earshot/earshot.toml.") var file: String?

        func run() throws {
            let places = Places(configuration: file, environment: ProcessInfo.processInfo.environment)
            let loaded: LoadedConfiguration
            do {
                loaded = try Configuration.load(places.configuration, mustExist: places.configurationIsNamed)
            } catch {
                throw CommandEnd(.usage, "\(error)")
            }
            try Report(isJSON: false).line(
                loaded.file == nil
                    ? "There is no \(Shown.text(places.configuration)): every setting has its default."
                    : "\(Shown.text(places.configuration)) can be used. \(Self.next(file, places))")
        }

        /// A reload reads the gateway's own file, whatever was checked.
        private static func next(_ file: String?, _ places: Places) -> String {
            let own = Places(configuration: nil, environment: ProcessInfo.processInfo.environment).configuration
            guard file != nil, absolute(places.configuration) != absolute(own) else { return "earshot config reload brings it into force." }
            return "The gateway reads \(Shown.text(own)): put it there, then earshot config reload."
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "What is in force, and the line of the file that each value comes from.")

        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let configuration = try await gateway.look.configuration()
            let report = gateway.report
            guard !gateway.json else { return try report.json([configuration]) }
            try report.line(
                configuration.file.map { "\(Shown.text($0)), read \(Shown.fullTime(configuration.read))" } ?? "There is no file; the defaults count.")
            try report.line()
            var table = TextTable([.init(title: "key"), .init(title: "value", givesWay: true), .init(title: "from")])
            for setting in configuration.settings {
                table.add([
                    Shown.text(setting.key), Shown.text(setting.value),
                    setting.variable.map { Shown.text($0) } ?? setting.line.map { "line \($0)" } ?? "default",
                ])
            }
            try report.table(table)
            for key in configuration.waiting { try report.line("! \(Shown.text(key)) was changed in the file: systemctl restart earshotd") }
            if let refused = configuration.refused { try report.line("! The last reload was refused: \(Shown.text(refused))") }
        }
    }

    struct Reload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reload", abstract: "Reads the file anew without dropping a link; exit status 2 if it cannot be used.")

        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let answer: ReloadMessage
            do {
                answer = try await gateway.control.reloadConfiguration()
            } catch let error as APIError where error.problem?.code.known == .configurationInvalid {
                throw CommandEnd(.usage, CommandEnd.lines(for: error).joined(separator: "\n"))
            }
            let report = gateway.report
            guard !gateway.json else { return try report.json([answer]) }
            try report.line(
                answer.changed.isEmpty ? "Read; no value that counts at once was changed." : "In force now: " + answer.changed.joined(separator: ", ")
            )
            for restart in answer.restart {
                try report.line(
                    "! systemctl restart \(Shown.text(restart.unit))   for " + restart.keys.map { Shown.text($0) }.joined(separator: ", "))
            }
        }
    }
}
