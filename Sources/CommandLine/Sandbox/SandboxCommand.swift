internal import ArgumentParser
internal import FoundationEssentials
internal import SystemPackage
internal import UnixSignals

/// `earshot sandbox`
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Software cards on a private bus, with gateway and workers; no Bluetooth, no root.",
        discussion: """
            Everything runs as you, in one folder, until Ctrl-C. Start it again with the same folder and the cards, their \
            recordings and the gateway's ledger are as they were.
            """)

    @Option(help: "Where everything is kept.")
    var folder = "earshot-sandbox"

    @Option(help: "Bytes a second that a card's link carries.")
    var rate = 170_000

    func validate() throws {
        guard (1000...100_000_000).contains(rate) else { throw ValidationError("--rate takes 1000 to 100000000 bytes a second, not \(rate).") }
    }

    func run() async throws {
        let options = Sandbox.Options(folder: absolute(folder), cards: ["anna", "ben"], rate: rate, gateway: "sandbox")
        let again = "earshot sandbox --folder \(ShellWord(options.folder.string))"
        try await endingOnSignal {
            let say: @Sendable (String) -> Void = { StandardStream.output.write(line: $0) }
            try await Sandbox.run(options, say: say) { sandbox in
                try DemoMark.noteUse(of: options.folder)
                try await sandbox.startGateway()
                try await sandbox.startWorkers()
                try await sandbox.enrolMissing()
                say(Self.invitation(sandbox))
                try await ContinuousClock().sleep(for: .seconds(Int64.max / 4))
            }
        }
        try StandardStream.output.put("Ended; \(options.folder) keeps everything. Start again: \(again)")
    }

    private static func invitation(_ sandbox: Sandbox) -> String {
        let anna = sandbox.card("anna")
        let exports = sandbox.folder.exports(programs: sandbox.programs).map { "  " + $0 }.joined(separator: "\n")
        let second = ShellWord(sandbox.options.cards.last ?? "ben")
        let speech = "/usr/share/sounds/alsa/Front_Center.wav"
        return """
            The sandbox runs: \(sandbox.options.cards.joined(separator: " and ")) are paired. Ctrl-C ends it.

              API socket   \(sandbox.folder.socket("control"))
              delivered    \(sandbox.folder.delivered)
              agent        \(sandbox.folder.hello)   (change it: it is yours)

            In a second terminal (or in short: . \(ShellWord(sandbox.folder.surroundings.string))):

            \(exports)

              \(anna.spelled("record \(speech) --kind call --length 60"))
              \(anna.spelled("press assistant --double --memo \(speech) --memo-length 4"))
              \(anna.spelled("screen"))
              earshot recordings
              earshot why anna/1
              earshot audit

            To pair a card again (it shows the passkey: earshot-card \(second) passkey, in a third terminal):

              earshot forget \(second) --yes
              earshot-card \(second) pair && earshot pair \(second)

            """
    }
}

/// A folder as the person named it, made absolute.
func absolute(_ folder: String) -> FilePath {
    FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(folder)).lexicallyNormalized()
}

/// Runs the body until it returns, or until SIGINT, SIGTERM or a closed terminal ask for the end: then its task is cancelled and waited for.
///
/// - Returns: nil when a signal ended it.
@discardableResult
func endingOnSignal<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R? {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
    return try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            for await _ in signals { return nil }
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
