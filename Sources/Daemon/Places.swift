/// Where a unit's files and sockets are. The installed box has them in /var/lib, /run and /etc; a sandbox puts them all in one folder.
package struct Places: Sendable, Hashable {
    /// The ledger and the recordings. `EARSHOT_STATE`
    package let state: String
    /// Sockets and tokens. `EARSHOT_RUN`
    package let run: String
    /// `EARSHOT_CONFIG`
    package let configuration: String
    /// Whether somebody named the configuration: then it must exist.
    package let configurationIsNamed: Bool
    /// The folder that recordings are delivered to when nothing else is configured. `EARSHOT_DELIVERED`
    package let delivered: String
    private let deliveredIsNamed: Bool
    /// Where metrics are put as a text file, in the place of `[metrics] textfile`. `EARSHOT_METRICS_FILE`
    package let metrics: String?

    /// What is given wins over the environment, and that over the box's own places. A relative path stays relative to the working folder.
    package init(state: String? = nil, run: String? = nil, configuration: String? = nil, environment: [String: String]) {
        func named(_ given: String?, _ variable: String) -> String? {
            [given, environment[variable]].compactMap { $0 }.first { !$0.isEmpty }
        }
        self.state = named(state, "EARSHOT_STATE") ?? "/var/lib/earshot"
        self.run = named(run, "EARSHOT_RUN") ?? "/run/earshot"
        let configuration = named(configuration, "EARSHOT_CONFIG")
        self.configuration = configuration ?? "/etc/earshot/earshot.toml"
        configurationIsNamed = configuration != nil
        metrics = named(nil, "EARSHOT_METRICS_FILE")
        let delivered = named(nil, "EARSHOT_DELIVERED")
        self.delivered = delivered ?? "/srv/earshot"
        deliveredIsNamed = delivered != nil
    }

    package enum Socket: String, Sendable, CaseIterable { case control, read, agents }

    package func socket(_ socket: Socket) -> String { "\(run)/\(socket.rawValue)/api.sock" }

    /// The token of a built-in worker, made at each start.
    package func token(_ worker: String) -> String { "\(run)/tokens/\(worker)" }

    package var ledger: String { state + "/ledger.sqlite" }

    /// The configuration, completed by what counts without one.
    package func loadConfiguration() throws(ConfigurationError) -> Configuration { try loadConfigurationWithPlaces().configuration }

    /// The same, with where each value stands.
    package func loadConfigurationWithPlaces() throws(ConfigurationError) -> LoadedConfiguration {
        var loaded = try Configuration.load(configuration, mustExist: configurationIsNamed)
        let own = loaded.configuration.destinations
        loaded.configuration = loaded.configuration.completed(deliveredTo: delivered)
        if deliveredIsNamed, own != loaded.configuration.destinations { loaded.variables["destinations.delivered.path"] = "EARSHOT_DELIVERED" }
        if let metrics {
            loaded.configuration.metrics.textfile = metrics
            loaded.variables["metrics.textfile"] = "EARSHOT_METRICS_FILE"
        }
        return loaded
    }
}
