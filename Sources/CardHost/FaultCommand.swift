internal import ArgumentParser

/// `earshot-card NAME fault ...`
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Lets something go wrong, once, and counts it.",
        usage: "earshot-card NAME fault KIND ...", subcommands: [LinkLoss.self, Drop.self, WrongDigest.self, Show.self])

    struct LinkLoss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "link-loss", abstract: "The link is lost when so many more bytes have been transferred.",
            usage: "earshot-card NAME fault link-loss --after BYTES")
        @OptionGroup var remote: RemoteOptions
        @Option(help: "Bytes of the Transfer characteristic.") var after: Int

        func validate() throws {
            guard after >= 0 else { throw ValidationError("--after is 0 or more.") }
        }

        func run() async throws {
            var order = remote.order(.linkLoss)
            order.after = after
            try await remote.perform(order, text: AnswerText.faults)
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop", abstract: "Notifications of a transfer are dropped on the gateway's side.",
            usage: "earshot-card NAME fault drop --count N [--after VALUES]")
        @OptionGroup var remote: RemoteOptions
        @Option(help: "How many in a row.") var count: Int
        @Option(help: "How many more arrive before.") var after = 0

        func validate() throws {
            guard count > 0, after >= 0 else { throw ValidationError("--count is above 0, --after 0 or more.") }
        }

        func run() async throws {
            var order = remote.order(.drop)
            order.count = count
            order.after = after
            try await remote.perform(order, text: AnswerText.faults)
        }
    }

    struct WrongDigest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "wrong-digest", abstract: "The card lies about a recording's digest.",
            usage: "earshot-card NAME fault wrong-digest --recording N [--lie refuse-once | refuse-always | list-once | list]")

        enum Lie: String, ExpressibleByArgument, CaseIterable {
            case refuseOnce = "refuse-once"
            case refuseAlways = "refuse-always"
            case list
        }

        @OptionGroup var remote: RemoteOptions
        @Option(help: "The recording's number.") var recording: UInt32
        @Option(help: "refuse-once: the next right digest; refuse-always; list: shows another digest in its list.") var lie = Lie.refuseOnce

        func run() async throws {
            var order = remote.order(.wrongDigest)
            order.recording = recording
            order.lie = lie.rawValue
            try await remote.perform(order, text: AnswerText.faults)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "What has gone wrong so far.", usage: "earshot-card NAME fault show")
        @OptionGroup var remote: RemoteOptions
        func run() async throws { try await remote.perform(remote.order(.faults), text: AnswerText.faults) }
    }
}
