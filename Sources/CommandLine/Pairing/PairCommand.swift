internal import APIClient
internal import ArgumentParser
internal import GatewayAPI
internal import Recordings

/// `earshot pair [NAME]`
struct PairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Add a card with its passkey.",
        discussion: """
            Open pairing mode on the card, near the box. What is not given is asked for on a terminal. Ctrl-C leaves nothing behind. \
            Exit status: 1 it was not paired, 3 too many tries: wait, 4 several cards and nobody to choose, or nobody to type.
            """)

    @Argument(help: "What the card will be called, as its carrier's name.") var name: String?
    @Option(help: "The card's address or advertised name, as Card-7C21; else the one that is in pairing mode.") var device: String?
    @Option(help: "Who carries it: a holder's id, as anna@example.com. One that is not known yet is added.") var holder: String?
    @Option(help: "A list of cards, staff.csv with the columns name, holder, holder_name, groups: asks for one card after the other.")
    var batch: String?
    @Option(help: "Where --batch writes what came of each row; else beside the list, as staff.results.csv.") var results: String?
    @Flag(help: "Accept a card that can neither show nor take a passkey: its bond proves nothing, and is shown as such for ever.")
    var allowUnauthenticated = false
    @Option(help: "Seconds that the pairing window stays open, 1 to 60.") var window = 60
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        guard (1...60).contains(window) else { throw ValidationError("--window is 1 to 60 seconds, not \(window).") }
        guard batch == nil || (name == nil && device == nil && holder == nil) else {
            throw ValidationError("--batch takes names and holders from its list: leave NAME, --device and --holder out.")
        }
        guard results == nil || batch != nil else { throw ValidationError("--results goes with --batch.") }
        guard name != nil || batch != nil || TerminalInput.isTerminal else { throw ValidationError("Name the card: earshot pair NAME.") }
    }

    func run() async throws {
        let done: Bool? = try await endingOnSignal {
            if let batch { try await pairAll(batch) } else { try await pair() }
            return true
        }
        guard done == true else {
            throw CommandEnd(
                .failed,
                batch == nil ? "Ended. The window is closed, nothing was paired." : "Ended. The window is closed; what was paired stays paired.")
        }
    }

    private func pairAll(_ path: String) async throws {
        let list: StaffList
        do { list = try StaffList(try StaffFile.read(path)) } catch let error as StaffList.Damage {
            throw CommandEnd(.usage, "\(Shown.text(path)): \(error.description)")
        }
        let screen: StandardStream = gateway.json ? .error : .output
        let run = PairBatch(
            client: gateway.control, incidents: PairingIncidents(input: try TerminalInput()), screen: screen,
            allowUnauthenticated: allowUnauthenticated, window: window)
        let outcomes = try await run.run(list)
        let target = results ?? StaffFile.results(of: path)
        try StaffFile.write(PairBatch.csv(outcomes), to: target)
        screen.write(line: "")
        for line in PairBatch.table(outcomes).lines(width: screen.columns) { screen.write(line: line) }
        screen.write(line: "Written to \(Shown.text(target)). Run it again for those that are missing: what is paired is passed over.")
        let missing = outcomes.count { outcome in
            switch outcome.end {
            case .paired, .already: false
            case .skipped, .failed: true
            }
        }
        if missing > 0 { throw CommandEnd(.failed, "\(missing) of \(outcomes.count) cards are not paired.") }
    }

    private func pair() async throws {
        let incidents = PairingIncidents(input: try TerminalInput())
        let screen: StandardStream = gateway.json ? .error : .output
        let hasPerson = TerminalInput.isTerminal
        let holders = Holders(client: gateway.control)
        var name = name
        while name == nil || name == "" {
            guard let line = try await incidents.ask("What is the card called? One word: ", on: screen) else {
                throw CommandEnd(.needsPerson, "A card needs a name.")
            }
            name = line.split(separator: " ").joined(separator: " ")
        }
        var carrier = try await holder.asked { try await holders.known($0) ?? HolderRequest(id: $0, name: $0) }
        if holder == nil, hasPerson { carrier = try await holders.ask(incidents, screen) }

        screen.write(line: "Open pairing mode on the card, near this box. The window closes in \(window) s.")
        let report = gateway.report
        let isJSON = gateway.json
        var run = PairingRun(client: gateway.control, incidents: incidents, screen: screen, hasPerson: hasPerson)
        run.record = { if isJSON { try report.json([$0]) } }
        let result = try await run.run(
            PairRequest(
                name: name ?? "", device: device, choose: device == nil, allowUnauthenticated: allowUnauthenticated, windowSeconds: window))
        switch result.ending {
        case .paired(let facts):
            let assigned = try await carrier.asked { try await holders.assign(facts.card, to: $0) }
            for line in Self.lines(name ?? "", facts, assigned) { screen.write(line: line) }
        case .failed(let reason, let fix): throw CommandEnd(.failed, Sentences.joined(Shown.text(reason), Shown.text(fix)))
        case .nobodyAnswers(let what): throw CommandEnd(.needsPerson, "\(what), and nobody answers. The window is closed, nothing was paired.")
        }
    }

    static func lines(_ name: String, _ facts: PairedFacts, _ holder: HolderMessage?) -> [String] {
        let carrier = holder.map { "\(Shown.text($0.name)) (\(Shown.text($0.id)))" } ?? "nobody yet"
        return ["Paired: \(Shown.text(name)) is \(facts.serial)  \(facts.card)", "  bond    \(facts.bond)"] + facts.given.map { "  " + $0 } + [
            "  holder  \(carrier)"
        ]
    }
}

extension Optional where Wrapped: Sendable {
    /// `map` for what waits.
    func asked<R>(_ body: (Wrapped) async throws -> R?) async rethrows -> R? {
        if let self { try await body(self) } else { nil }
    }
}
