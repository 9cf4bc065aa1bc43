internal import APIClient
internal import ArgumentParser
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings
internal import SystemPackage

/// `earshot owner`
struct OwnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "owner", abstract: "Whose cards these are: show, export, import, rotate the owner key.",
        discussion: """
            A card obeys only who proves to have its owner's key; the same on all boxes of one company. Who loses it loses what the cards hold: \
            keep an export where the box's disk is not.
            """,
        subcommands: [Show.self, Export.self, Import.self, Rotate.self], defaultSubcommand: Show.self)

    static func lines(_ owner: OwnerMessage) -> [String] {
        var lines = ["owner key \(Shown.text(owner.fingerprint))  since \(Shown.fullTime(owner.made))"]
        if !owner.waiting.isEmpty {
            let names = owner.waiting.prefix(12).map { Shown.text($0) }.joined(separator: ", ") + (owner.waiting.count > 12 ? ", …" : "")
            lines.append("  \(owner.waiting.count) cards still have the key before it and get this one when they are met: \(names)")
        }
        return lines
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Its fingerprint, and which cards wait for it.")
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let owner = try await gateway.control.owner()
            if gateway.json { return try gateway.report.json([owner]) }
            for line in OwnerCommand.lines(owner) { try gateway.report.line(line) }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes the key to a new file that only you can read, or to standard output.")
        @Argument(help: "The file to make; - or left out: standard output.") var file: String?
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let key = try await gateway.control.ownerKey()
            if let file, file != "-" {
                try NewFile.write(Array((key.key + "\n").utf8), to: FilePath(file))
                try gateway.report.line("Owner key \(Shown.text(key.fingerprint)) is in \(Shown.text(file)), for you alone (0600).")
            } else if gateway.json {
                try gateway.report.json([key])
            } else {
                try gateway.report.line(key.key)
            }
            StandardStream.error.write(
                line:
                    "! Whoever has this key and a bond reads every card of yours; without it what the cards hold is lost. Keep it off this box, locked up."
            )
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes a key that was exported, from a file or from standard input.")
        @Argument(help: "The file; -: standard input.") var file: String
        @Flag(help: "Take it in the place of another one. Cards get it when they are met.") var replace = false
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let text: String
            if file == "-" {
                let incidents = PairingIncidents(input: try TerminalInput())
                text = try await incidents.ask("", on: .error) ?? ""
            } else {
                guard let data = FileManager.default.contents(atPath: file), data.count <= 4096 else {
                    throw CommandEnd(.failed, "\(Shown.text(file)) cannot be read, or is no owner key.")
                }
                text = String(decoding: data, as: UTF8.self)
            }
            let owner = try await gateway.control.importOwner(OwnerKeyRequest(key: text.filter { !$0.isWhitespace }, replace: replace))
            if gateway.json { return try gateway.report.json([owner]) }
            for line in OwnerCommand.lines(owner) { try gateway.report.line(line) }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new key; each card gets it when it is met.",
            discussion: "After a box was stolen. Other boxes of the same company need the new one: earshot owner export, and import --replace there.")
        @Flag(help: "Do not ask.") var yes = false
        @OptionGroup var gateway: GatewayOptions

        func run() async throws {
            let before = try await gateway.control.owner()
            if !gateway.json { for line in OwnerCommand.lines(before) { try gateway.report.line(line) } }
            try await Asker.confirm("Make a new owner key, and give it to every card?", yes: yes, nothing: "the key is what it was")
            let owner = try await gateway.control.rotateOwner()
            if gateway.json { return try gateway.report.json([owner]) }
            for line in OwnerCommand.lines(owner) { try gateway.report.line(line) }
            try gateway.report.line("Export it now, off this box: earshot owner export FILE")
        }
    }
}
