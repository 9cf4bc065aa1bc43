internal import APIServer
internal import Daemon
internal import GatewayAPI
internal import Ledger
internal import Logging
internal import RecordingStore
internal import Recordings
internal import Synchronization

/// The configuration in force, and how a new one comes into force without a restart: by the API and by SIGHUP.
///
/// An actor on the blocking thread: it reads the file.
actor ConfigurationKeeper: SettingsControl {
    /// Who must learn of a new configuration.
    struct Followers: Sendable {
        let ledger: Ledger
        let files: RecordingFiles
        /// Gives each agent its token.
        let agents: @Sendable (Set<String>) throws -> Void
    }

    private let places: Places
    private let followers: Followers
    private let wall: WallClock
    private let logger: Logger
    private let executor: any SerialExecutor
    private let remote: Mutex<Bool>
    private var inForce: LoadedConfiguration
    private var read: UTCTime
    private var waiting: [String] = []
    private var refused: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        _ configuration: LoadedConfiguration, places: Places, followers: Followers, wall: WallClock, logger: Logger, executor: any SerialExecutor
    ) {
        inForce = configuration
        self.places = places
        self.followers = followers
        self.wall = wall
        self.logger = logger
        self.executor = executor
        remote = Mutex(configuration.configuration.privacy.remoteRecord)
        read = wall.now()
    }

    nonisolated var remoteRecord: Bool { remote.withLock { $0 } }

    func configuration() -> ConfigurationMessage {
        ConfigurationMessage(
            file: inForce.file, read: read,
            settings: inForce.settings.map { setting in
                switch setting.origin {
                case .standard: SettingMessage(key: setting.key, value: setting.value)
                case .file(let line): SettingMessage(key: setting.key, value: setting.value, line: line)
                case .environment(let name): SettingMessage(key: setting.key, value: setting.value, variable: name)
                }
            }, waiting: waiting, refused: refused)
    }

    var metricsFile: String? { inForce.configuration.metrics.textfile }

    func reload() async throws -> ReloadMessage {
        do {
            let new = try places.loadConfigurationWithPlaces()
            let answer = try await take(new)
            logger.info(
                "The configuration was read anew",
                metadata: ["changed": "\(answer.changed.joined(separator: " "))", "restart": "\(answer.restart.map(\.unit).joined(separator: " "))"])
            return answer
        } catch let error as ConfigurationError {
            refused = "\(error)"
            logger.error("The configuration was not read anew; what was in force stays", metadata: ["reason": "\(error)"])
            throw RequestRefusal(
                Problem(
                    .configurationInvalid, detail: "\(error)", fix: "Nothing was changed. Mend the file, try earshot config check, and reload again.")
            )
        }
    }

    private func take(_ new: LoadedConfiguration) async throws -> ReloadMessage {
        let changes = new.changes(since: inForce)
        // First what can fail.
        try followers.agents(Set(new.configuration.agents.keys))
        inForce = new.takenOver(from: inForce)
        read = wall.now()
        refused = nil
        waiting = changes.filter { $0.reader == .start }.map(\.key)
        remote.withLock { $0 = new.configuration.privacy.remoteRecord }
        await followers.ledger.route(by: RoutingTable.of(new.configuration))
        await followers.files.use(release: ReleasePolicy(new.configuration.storage.release), reserve: new.configuration.storage.reserve)
        var restart: [RestartMessage] = []
        for unit in ["earshotd"] + Set(changes.compactMap(\.reader.unit)).sorted() {
            let keys = changes.filter { ($0.reader.unit ?? ($0.reader == .start ? "earshotd" : nil)) == unit }.map(\.key)
            if !keys.isEmpty { restart.append(RestartMessage(unit: unit, keys: keys)) }
        }
        return ReloadMessage(changed: changes.filter { $0.reader == .running }.map(\.key), restart: restart)
    }
}

extension ReleasePolicy {
    init(_ setting: Configuration.Release) { self = setting == .stored ? .stored : .delivered }
}

extension Setting.Reader {
    fileprivate var unit: String? { if case .unit(let name) = self { name } else { nil } }
}
