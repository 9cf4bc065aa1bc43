internal import APIServer
internal import BlueZ
internal import Custody
internal import DBus
internal import Daemon
internal import Drivers
internal import EventLoop
internal import FoundationEssentials
internal import GATT
internal import GatewayAPI
internal import Glibc
internal import Ledger
internal import Logging
internal import Radio
internal import RecordingStore
internal import Recordings
internal import ServiceLifecycle
internal import Synchronization

/// earshotd: joins radio, store, ledger and API, and lives as long as all of them do.
package struct EarshotDaemon: Sendable {
    package static let version = Release.version

    private let places: Places
    private let loaded: LoadedConfiguration
    private let logger: Logger

    private var configuration: Configuration { loaded.configuration }

    private init(places: Places, loaded: LoadedConfiguration, logger: Logger) {
        self.places = places
        self.loaded = loaded
        self.logger = logger
    }

    /// Reads places and configuration from the environment, runs until SIGTERM or SIGINT and ends the process; with `--rebuild` only makes a lost
    /// ledger anew.
    ///
    /// Exit status 0 after a signal, 1 when something failed, 2 for a configuration or option that cannot be used. What went wrong stands on
    /// standard error.
    package static func main() async -> Never {
        exit(await run(arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
    }

    private static func run(arguments: [String], environment: [String: String]) async -> Int32 {
        if arguments == ["--version"] {
            Announcement.print(Release.line(of: "earshotd"))
            return 0
        }
        let complaint = UnitLog.start(environment: environment)
        let logger = Logger(label: "earshotd")
        if let complaint { logger.warning("EARSHOT_LOG cannot be used", metadata: ["reason": "\(complaint)"]) }
        guard arguments.isEmpty || arguments == [LedgerRebuild.option] else {
            let usage =
                "earshotd takes one option: \(LedgerRebuild.option) makes a lost ledger anew from the files beside it, --version says which it is. "
                + "Its places are EARSHOT_STATE, EARSHOT_RUN and EARSHOT_CONFIG."
            if arguments == ["--help"] || arguments == ["-h"] {
                Announcement.print(usage)
                return 0
            }
            Announcement.complain(usage)
            return 2
        }
        let places = Places(environment: environment)
        do {
            let loaded = try places.loadConfigurationWithPlaces()
            LocalTime.useZone(loaded.configuration.gateway.timeZone)
            if arguments.isEmpty {
                try await EarshotDaemon(places: places, loaded: loaded, logger: logger).live()
            } else {
                try await LedgerRebuild(places: places, routing: RoutingTable.of(loaded.configuration)).run()
            }
            return 0
        } catch let error as ConfigurationError {
            Announcement.complain("\(error)")
            return 2
        } catch {
            Announcement.complain("earshotd: \(error)")
            return 1
        }
    }

    private func live() async throws {
        try RunFolders.make(places)
        guard let lock = try ExclusiveLock.take(path: places.state + "/lock") else {
            throw StartFailure(description: "Another earshotd works on \(places.state). Stop that one first, or name another EARSHOT_STATE.")
        }
        try await LedgerRebuild(places: places, routing: RoutingTable.of(configuration)).requireLedger()
        guard let address = DBusAddress.system() else {
            throw StartFailure(description: "DBUS_SYSTEM_BUS_ADDRESS holds no address of a Unix socket.")
        }
        let receive = try ReceiveLoop()
        try await DBusConnection.withConnection(to: address) { bus in try await live(on: bus, receive) }
        lock.release()
    }

    private func live(on bus: DBusConnection, _ receive: ReceiveLoop) async throws {
        let central = BlueZCentral(bus: bus, receive: receive, logger: logger)
        let wall = MachineClock.wall(configuration.gateway.clock, bus: bus)
        let host: [(name: String, service: any Service)] = [
            ("bus", LoopService("The system bus is gone") { try await Self.watch(bus) }),
            ("bluetoothd", LoopService("bluetoothd cannot be followed") { try await central.run() }),
        ]
        let blocking = try BlockingThread(name: "files")
        let loops = [
            Watchdog.Loop("bus") { await bus.turn() },
            Watchdog.Loop("receive") { await receive.turn() },
            Watchdog.Loop("files", call: { blocking.diskCall }) { await blocking.turn() },
        ]
        try await UnitRun.run(host + services(central: central, wall: wall, clock: bus.clock, blocking: blocking, loops: loops), logger: logger)
    }

    private static func watch(_ bus: DBusConnection) async throws {
        if let error = await bus.untilDisconnected() { throw error }
    }

    private func services(
        central: any Central, wall: WallClock, clock: LoopClock, blocking: BlockingThread, loops: [Watchdog.Loop]
    ) async throws -> [(name: String, service: any Service)] {
        let environment = LedgerEnvironment(wall: wall, boot: try BootClock.system(), sleep: { try await clock.sleep(for: $0) })
        let ledger = try await Ledger.open(
            at: places.ledger, name: configuration.gateway.name, routing: RoutingTable.of(configuration), environment: environment, executor: blocking
        )
        let (owner, isNew) = try await OwnerKeyring.open(root: places.state, at: wall.now(), executor: blocking)
        if isNew, try await !ledger.cards(withForgotten: true).isEmpty {
            logger.warning(
                "There was no owner key although there are cards: a new one was made. If there was one before, bring it back: earshot owner import")
        }
        let files = try await RecordingFiles.open(
            root: places.state, ledger: ledger,
            settings: StoreSettings(
                release: ReleasePolicy(configuration.storage.release), reserve: configuration.storage.reserve, owner: owner),
            logger: logger, executor: blocking)
        let activity = ActivityFeed()
        let radio = CardRadio(
            central: central, drivers: [RecorderCardDriver()], registry: LedgerRegistry(ledger: ledger, store: files), clock: clock,
            wallClock: wall, activity: activity, logger: logger, allowSharedTransfer: configuration.radio.allowsStartNotify, adapters: usesAdapter)
        let courier = ScreenCourier(ledger: ledger, radio: radio, clock: ContinuousClock())
        let releases = ReleaseCourier(ledger: ledger, radio: radio)
        let report = UnitReport(ledger: ledger, radio: radio, clock: clock)
        let tokens = try AgentTokens(places, agents: Set(configuration.agents.keys))
        let keeper = ConfigurationKeeper(
            loaded, places: places, followers: .init(ledger: ledger, files: files, agents: { try tokens.update(agents: $0) }), wall: wall,
            logger: logger, executor: blocking)
        let backend = Backend(
            ledger: ledger, files: files, radio: radio, activity: activity, wall: wall, logger: logger, version: Self.version,
            timeZone: configuration.gateway.timeZone, settings: keeper)
        let metrics = MetricsFile(backend.metrics, path: { await keeper.metricsFile }, clock: clock, logger: logger, executor: blocking)
        let server = server(report, tokens.book, backend)
        return [
            ("radio", LoopService("The radio stopped") { try await radio.run() }),
            ("screens", LoopService("The courier of screen texts stopped") { try await courier.run() }),
            ("deliveries", LoopService("The courier of deliveries stopped") { try await releases.run() }),
            ("sweep", LoopService("The sweep of artifacts stopped") { try await sweep(files, clock) }),
            ("copies", LoopService("The copies beside the ledger stopped") { try await files.keepCopies() }),
            ("metrics", LoopService("The text file of metrics stopped") { try await metrics.run() }),
            ("api", server),
            ("reload", HangupSignal { await reload(keeper, report) }),
            ("watchdog", Watchdog(loops + [Watchdog.Loop("radio") { try await radio.turn() }], clock: clock, logger: logger)),
            ("status", report),
        ]
    }

    /// What SIGHUP does. The keeper says in the log what came of it.
    private func reload(_ keeper: ConfigurationKeeper, _ report: UnitReport) async {
        ServiceManager.reloading()
        _ = try? await keeper.reload()
        ServiceManager.ready(await report.line())
    }

    /// What workers sent for attempts that failed would else fill the disk until the next start.
    private func sweep(_ files: RecordingFiles, _ clock: LoopClock) async throws {
        while true {
            try await clock.sleep(for: .seconds(600), tolerance: .seconds(60))
            do {
                let count = try await files.sweep()
                if count > 0 { logger.info("Artifacts that no job named were deleted", metadata: ["count": "\(count)"]) }
            } catch {
                logger.warning("Artifacts could not be swept", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// `[radio] adapters`: all, or those named by address.
    private func usesAdapter(_ adapter: AdapterInfo) -> Bool {
        let named = configuration.radio.adapters
        return named.isEmpty || named.contains { $0.uppercased() == adapter.address.description }
    }

    // MARK: - The API

    private func server(_ report: UnitReport, _ tokens: TokenBook, _ backend: Backend) -> GatewayServer {
        let listening = OpenDoors()
        let control = places.socket(.control)
        return GatewayServer(
            backend: backend, sockets: [.control: control, .read: places.socket(.read), .agents: places.socket(.agents)], tokens: tokens
        ) { [places, logger] door in
            if !RunFolders.open(door, in: places) {
                logger.warning("The permissions of a socket could not be set: only this user can connect", metadata: ["door": "\(door)"])
            }
            if listening.areAll(with: door) {
                ServiceManager.ready(await report.line())
                Announcement.print("ready \(control)")
            }
        }
    }
}

/// Which doors listen by now.
private final class OpenDoors: Sendable {
    private let doors = Mutex<Set<Door>>([])

    func areAll(with door: Door) -> Bool {
        doors.withLock {
            $0.insert(door)
            return $0.count == Door.allCases.count
        }
    }
}

/// Why the daemon could not start, for a person.
struct StartFailure: Error, CustomStringConvertible {
    let description: String
}

/// A loop of the daemon as a service: ends at graceful shutdown; what it throws ends the daemon.
private struct LoopService: Service {
    private let failure: String
    private let body: @Sendable () async throws -> Void

    init(_ failure: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.failure = failure
        self.body = body
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await body() }
        } catch is CancellationError {
            return
        } catch {
            throw StartFailure(description: "\(failure): \(error)")
        }
    }
}
