internal import APIServer
internal import Daemon
internal import GatewayAPI
internal import Ledger
internal import Synchronization

/// One token for each built-in worker and each configured agent, made anew at each start: its queue and the audio of its jobs. That of
/// `earshot-import` brings files and does nothing else.
final class AgentTokens: Sendable {
    private static let imports = "import"

    let book: TokenBook
    private let places: Places
    private let made: Mutex<[String: AccessToken]> = Mutex([:])

    /// Writes the tokens of the built-in workers and those of `agents`.
    ///
    /// Writes the disk: for the start of a process.
    init(_ places: Places, agents: Set<String>) throws {
        self.places = places
        book = TokenBook([])
        try update(agents: agents)
    }

    /// Makes tokens for new agents and ends those of agents that are gone. Writes the disk.
    func update(agents: Set<String>) throws {
        let names = agents.union(["decode", Routing.deliveries, Self.imports])
        try made.withLock { made in
            var tokens = made.filter { names.contains($0.key) }
            for name in names.sorted() where tokens[name] == nil {
                let secret = try TokenFile.make(at: places.token(name))
                let isImport = name == Self.imports
                tokens[name] = AccessToken(
                    secret: secret, holder: isImport ? name : "queue:\(name)",
                    scopes: isImport ? (agents.contains(name) ? [.import, .queue(name)] : [.import]) : [.queue(name)])
            }
            made = tokens
            book.use(tokens.sorted { $0.key < $1.key }.map(\.value))
        }
    }
}
