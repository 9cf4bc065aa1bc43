internal import APIClient
internal import EventLoop
internal import FoundationEssentials
internal import GatewayAPI
internal import Recordings
internal import Subprocess
internal import SystemPackage

/// A whole gateway with software cards, as an ordinary user in one folder: the programs of the package, on a private bus.
struct Sandbox: Sendable {
    struct Options: Sendable {
        let folder: FilePath
        /// The cards' names.
        let cards: [String]
        /// Bytes a second that a card's link carries; nil: as fast as it goes.
        let rate: Int?
        let gateway: String
    }

    let options: Options
    let folder: SandboxFolder
    let client: GatewayClient
    private let supervisor: ProgramSupervisor
    /// The folder that the programs stand in.
    let programs: FilePath

    /// Starts the bus and the cards, lends the sandbox, and ends every program it started.
    ///
    /// - Parameter say: takes what a person should know while it runs: that a program ended and is started again.
    static func run<R: Sendable>(
        _ options: Options, say: @escaping @Sendable (String) -> Void, _ body: @escaping @Sendable (Sandbox) async throws -> R
    ) async throws -> R {
        let folder = try SandboxFolder.prepare(options.folder, gateway: options.gateway)
        let lock = try folder.takeLock()
        defer { lock.release() }
        let supervisor = ProgramSupervisor(logs: folder.logs, say: say)
        let sandbox = Sandbox(
            options: options, folder: folder, client: GatewayClient(socket: folder.socket("control").string), supervisor: supervisor,
            programs: try programFolder())
        try folder.writeSurroundings(programs: sandbox.programs)
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                try await supervisor.run()
                return nil
            }
            group.addTask {
                try await sandbox.startBus()
                return try await body(sandbox)
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// The software card of that name, as from a second terminal.
    func card(_ name: String) -> CardRemote {
        CardRemote(name: name, executable: programs.appending("earshot-card"), cards: folder.cards)
    }

    // MARK: - Programs

    private func startBus() async throws {
        _ = try? FileManager.default.removeItem(atPath: folder.bus.string)
        try await launch(
            "dbus-daemon", .name("dbus-daemon"), ["--config-file=\(folder.busConfiguration)", "--nofork", "--print-address"], announces: true,
            remedy: "Install it: apt-get install dbus-daemon")
        let rate = options.rate.map { ["--rate", "\($0)"] } ?? []
        try await launch(
            "earshot-card", path("earshot-card"),
            ["simulate"] + options.cards + ["--bus", folder.busAddress, "--state", folder.cards.string] + rate, announces: true)
    }

    func startGateway() async throws {
        try await launch("earshotd", path("earshotd"), [], announces: true, comesBack: true)
    }

    func startWorkers() async throws {
        try await launch("earshot-worker-decode", path("earshot-worker"), ["decode"], worker: "decode")
        try await launch("earshot-worker-hello", path("earshot-worker"), ["hello", "--", folder.hello.string], worker: "hello")
        try await launch("earshot-upload", path("earshot-upload"), [], worker: "upload")
    }

    /// SIGKILL, and returns when the process is gone.
    func killGateway() async { await supervisor.end("earshotd", by: .kill) }

    private func launch(
        _ name: String, _ executable: Executable, _ arguments: [String], worker: String? = nil, announces: Bool = false, comesBack: Bool = false,
        remedy: String? = nil
    ) async throws {
        var environment: [Environment.Key: String?] = [
            "DBUS_SYSTEM_BUS_ADDRESS": folder.busAddress,
            "EARSHOT_CONFIG": folder.configuration.string,
            "EARSHOT_STATE": folder.state.string,
            "EARSHOT_RUN": folder.run.string,
        ]
        if let worker {
            environment["EARSHOT_SOCKET"] = folder.socket("agents").string
            environment["EARSHOT_TOKEN_FILE"] = folder.token(worker).string
        }
        try await supervisor.launch(
            SandboxProgram(
                name: name, executable: executable, arguments: arguments, environment: environment, announces: announces,
                comesBack: comesBack || worker != nil, remedy: remedy))
    }

    private func path(_ program: String) -> Executable { .path(programs.appending(program)) }

    /// The programs stand beside this one.
    private static func programFolder() throws -> FilePath {
        let own = FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).removingLastComponent()
        for program in ["earshotd", "earshot-card", "earshot-worker", "earshot-upload"] {
            guard FileManager.default.isExecutableFile(atPath: own.appending(program).string) else {
                throw ProgramFailure(description: "\(program) is not beside this program in \(own). Build it: swift build --product \(program)")
            }
        }
        return own
    }

    // MARK: - Cards

    /// Pairs a card as a person would: opens pairing mode on it, reads the passkey from its screen and types it.
    func enrol(_ name: String) async throws -> CardID {
        let card = card(name)
        try await card.tell("pair")
        let pairing = try await client.pair(PairRequest(name: name))
        let result = Outcome()
        try await client.pairingEvents(pairing.id) { event in
            switch event.state.known {
            case .question:
                let shown = try await card.ask("passkey", as: CardPasskey.self)
                try await client.answerPairing(pairing.id, PairingAnswerRequest(passkey: shown.passkey))
            case .paired: await result.set(event.card)
            case .failed:
                throw ProgramFailure(description: "\(name) was not paired: " + Sentences.joined(event.reason ?? "", event.fix ?? ""))
            default: break
            }
            return true
        }
        guard let card = await result.card else { throw ProgramFailure(description: "\(name) was not paired, and nobody said why.") }
        return card
    }

    /// Pairs the cards that the gateway does not know yet.
    func enrolMissing() async throws {
        let known = Set(try await client.cards().items.map(\.name))
        for name in options.cards where !known.contains(name) { _ = try await enrol(name) }
    }

    private actor Outcome {
        private(set) var card: CardID?
        func set(_ card: CardID?) { self.card = card }
    }
}

/// `earshot-card NAME passkey --json`
private struct CardPasskey: Decodable {
    let passkey: String
}
