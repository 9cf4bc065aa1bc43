internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// What every command for a card takes beside its own words.
struct RemoteOptions: ParsableArguments {
    @Argument(help: "The card's name; it stands before the command.")
    var card: String

    @Option(help: "The folder that simulate or serve was given; else EARSHOT_CARDS.")
    var state: String?

    @Flag(help: "Answers with one JSON object.")
    var json = false

    func validate() throws {
        guard CardName(card) != nil else { throw ValidationError("\(card) is no card's name: 1 to 32 of a-z 0-9 _ - are.") }
    }

    func order(_ command: CardOrder.Command) -> CardOrder { CardOrder(card: card, command: command) }

    /// Hands the order to the running cards and prints the answer: as JSON, or what `text` makes of it.
    func perform(_ order: CardOrder, text: (CardAnswer) -> String) async throws {
        let answer = try await ControlSocket.ask(order, folder: try Self.folder(state))
        if json {
            StandardStream.output.write(try HostJSON.line(answer))
        } else {
            let lines = text(answer)
            if !lines.isEmpty { StandardStream.output.write(line: lines) }
        }
    }

    /// The option, or EARSHOT_CARDS.
    static func folder(_ option: String?) throws -> String {
        if let option { return absolute(option) }
        guard let variable = unsafe getenv("EARSHOT_CARDS") else {
            throw HostError(.badRequest, "Which cards? Name the folder that simulate or serve was given with --state DIR, or in EARSHOT_CARDS.")
        }
        return absolute(unsafe String(cString: variable))
    }

    /// The cards run in another process, whose folder is not this one.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
