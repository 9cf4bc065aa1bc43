import Daemon
import GatewayAPI
import Recordings
import Uploading

/// `earshot.toml`: a file is read, or refused with a line that is in it and a reason that a person can read.
enum ConfigurationEntry {
    static func run(_ input: [UInt8]) {
        // As `Configuration.load` does.
        guard let text = String(validating: input, as: UTF8.self), !text.utf8.contains(0) else { return }
        do throws(ConfigurationError) {
            look(at: try Configuration.parse(text, file: "earshot.toml"))
        } catch {
            let lines = text.utf8.count { $0 == 0x0A } + 1
            check(error.line.map { (1...lines).contains($0) } ?? true, "the line is one of the file's")
            check(error.file == "earshot.toml" && !error.reason.isEmpty, "an error says what is wrong")
            check(!error.description.unicodeScalars.contains { $0.properties.generalCategory == .control }, "in plain text: \(error)")
            check(error.description.utf8.count < 2000, "and in short")
        }
    }

    private static func look(at configuration: Configuration) {
        check(configuration.storage.reserve <= UInt64(Int64.max), "the reserve is a size of a disk")
        check((1...63).contains(configuration.gateway.name.utf8.count), "the gateway's name is bounded")
        for name in configuration.agents.keys { check(WorkName(name) != nil, "an agent's name is a queue's") }
        check(configuration.agents.values.allSatisfy { $0.command.first?.hasPrefix("/") == true }, "a program is named by its whole path")
        for destination in configuration.destinations.values {
            check(destination.path.hasPrefix("/"), "a destination is a whole path")
            if let template = try? NameTemplate(destination.key) { Names.look(at: template) }
        }
        for route in configuration.routes {
            check(!route.actions.isEmpty, "a route does something")
            for case .destination(let name) in route.actions { check(configuration.destinations[name] != nil, "a route's destination is there") }
        }
    }
}
