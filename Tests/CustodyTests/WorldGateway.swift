import Custody
import Drivers
import EventLoop
import Foundation
import GATT
import Ledger
import Logging
import Radio
import RecordingStore
import Recordings
import TestSupport

/// One gateway of a world: ledger, files and radio in a folder of its own; it may end and start again.
final class WorldGateway: Sendable {
    static let routing = Routing([
        Routing.Rule(when: .recordingStored, queue: "decode"), Routing.Rule(when: .recordingStored, queue: "upload"),
    ])
    /// How long whoever starts the daemon again waits.
    private static let restart: Duration = .seconds(5)

    /// What is there while the process runs.
    struct Parts: Sendable {
        let ledger: Ledger
        let files: RecordingFiles
        let eye: LedgerEye
    }

    private struct State: Sendable {
        var isWanted = false
        /// Its process has ended, and lives on only in this test until it notices.
        var isKilled = false
        var parts: Parts?
        var lives = 0
        var ends: [String] = []
        var folder: URL
        var disk: DiskWatch
        /// With the watch of the folder in which it was armed.
        var diskFaults: [(Fault.Disk, DiskWatch.Fault, DiskWatch)] = []
    }

    let name: String
    let adapter: DeviceAddress
    private let air: MemoryRadio
    private let executor: SimulatedExecutor
    private let seams: Seams
    let clock: GatewayClock
    private let random: SharedDraw
    private let sequence = Sequence()
    private let state: WaitableState<State>
    private let logger = Logger(label: "world", factory: { _ in SwiftLogNoOpLogHandler() })

    init(name: String, adapter: DeviceAddress, in root: URL, air: MemoryRadio, executor: SimulatedExecutor, seed: UInt64, seams: Seams) throws {
        self.name = name
        self.adapter = adapter
        self.air = air
        self.executor = executor
        self.seams = seams
        clock = GatewayClock(executor)
        random = SharedDraw(seed, "gateway \(name)")
        let folder = root.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        state = WaitableState(State(folder: folder, disk: try DiskWatch(folder)))
    }

    /// What is there now; nil while it does not run.
    var parts: Parts? { state.read(\.parts) }
    /// Why lives of it ended that nobody had asked to end.
    var ends: [String] { state.read(\.ends) }
    private var folder: URL { state.read(\.folder) }
    var recordings: URL { folder.appending(path: "recordings") }

    private var wall: WallClock { WallClock(now: { [clock] in clock.now }, isSynchronised: { [clock] in clock.isSynchronised }) }

    // MARK: - Its lives

    /// Wants it to run, or not; `live()` follows.
    func setWanted(_ isWanted: Bool) { state.change { $0.isWanted = isWanted } }

    /// Switches its adapter, but for one whose process was killed and is not gone yet.
    func setPowered(_ isPowered: Bool) {
        if !isPowered || !state.read(\.isKilled) { air.setPowered(isPowered, adapter: adapter) }
    }

    /// Ends its process between two jobs: what it had written is there, nothing that it was about to do happens. It starts again by itself.
    ///
    /// - Returns: whether there was a process.
    func kill() throws -> Bool {
        guard parts != nil, !state.read(\.isKilled) else { return false }
        // Nothing more of it reaches a card.
        air.setPowered(false, adapter: adapter)
        let (old, life) = state.read { ($0.folder, $0.lives) }
        let new = old.deletingLastPathComponent().appending(path: "\(name)-\(life)")
        try FileManager.default.copyItem(at: old, to: new)
        // It lives in memory and is made anew.
        try? FileManager.default.removeItem(at: new.appending(path: "ledger.sqlite-shm"))
        let disk = try DiskWatch(new)
        state.change { state in
            state.isKilled = true
            state.folder = new
            state.disk = disk
        }
        return true
    }

    /// Lets calls that change its files go wrong, until they are healed or the process is killed.
    func arm(_ trouble: DiskTrouble) throws {
        let disk = state.read(\.disk)
        let fault = try trouble.arm(disk)
        state.change { $0.diskFaults.append((trouble.fault, fault, disk)) }
    }

    func healDisk() { state.read(\.disk).disarm() }

    /// How often each kind of trouble with the disk happened.
    var diskHits: [(Fault.Disk, Int)] { state.read { $0.diskFaults.map { ($0.0, Int($0.2.hits(of: $0.1))) } } }

    /// Waits until it runs, or does not.
    func isRunning(_ wanted: Bool) async throws { try await state.when { ($0.parts != nil) == wanted ? () : nil } }

    /// Runs as long as it is wanted, again and again, until the task is cancelled.
    func live() async throws {
        while true {
            try await state.when { $0.isWanted ? () : nil }
            do {
                try await life()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                state.change { $0.ends.append("\(error)") }
                try await executor.clock.sleep(for: Self.restart)
            }
        }
    }

    private func life() async throws {
        let parts = try await open()
        let registry = seams.registry(LedgerRegistry(ledger: parts.ledger, store: parts.files))
        let adapter = adapter
        let radio = CardRadio(
            central: air, drivers: [seams.driver], registry: registry, clock: executor.clock, wallClock: wall, activity: ActivityFeed(),
            logger: logger, allowSharedTransfer: false, adapters: { $0.address == adapter })
        state.change { $0.parts = parts }
        var failure: (any Error)?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await radio.run() }
                group.addTask { try await self.state.when { $0.isWanted && !$0.isKilled ? nil : () } }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            failure = error
        }
        let wasKilled = state.change { state in
            state.parts = nil
            defer { state.isKilled = false }
            return state.isKilled
        }
        // What a process that was killed still does is done to files that nobody reads again.
        do { try await close(parts) } catch { if !wasKilled { throw error } }
        if wasKilled {
            air.setPowered(true, adapter: adapter)
            return
        }
        if let failure { throw failure }
    }

    /// Opens what is in its folder, as a start of the process does.
    func open() async throws -> Parts {
        let life = state.change { state in
            state.lives += 1
            return state.lives
        }
        let path = folder.appending(path: "ledger.sqlite").path
        let ledger = try await Ledger.open(at: path, name: name, routing: Self.routing, environment: environment, executor: executor)
        do {
            let files = try await RecordingFiles.open(
                root: folder.path, ledger: ledger, settings: StoreSettings(release: .stored, reserve: 0, owner: nil), logger: logger,
                executor: executor, observer: seams.observer)
            executor.note(UInt64(life))
            return Parts(ledger: ledger, files: files, eye: try LedgerEye(path: path))
        } catch {
            try? await ledger.close()
            throw error
        }
    }

    private var environment: LedgerEnvironment {
        LedgerEnvironment(
            wall: wall, boot: BootClock(bootID: "boot", now: { [executor] in UInt64(executor.now / .nanoseconds(1)) }),
            sleep: { [executor] in try await executor.clock.sleep(for: $0) }, random: { [random] in random.next() },
            sequence: { [sequence] in sequence.next() })
    }

    /// A ledger that is made anew from what lies beside this one's, in a folder of its own.
    func rebuilt() async throws -> Ledger {
        let new = folder.deletingLastPathComponent().appending(path: "\(name)-rebuilt")
        try FileManager.default.copyItem(at: folder, to: new)
        for file in try FileManager.default.contentsOfDirectory(atPath: new.path) where file.hasPrefix("ledger.sqlite") {
            try FileManager.default.removeItem(at: new.appending(path: file))
        }
        _ = try await Rebuilder(root: new.path, routing: Self.routing, environment: environment, executor: executor).run()
        return try await Ledger.open(
            at: new.appending(path: "ledger.sqlite").path, name: name, routing: Self.routing, environment: environment, executor: executor)
    }

    func close(_ parts: Parts) async throws {
        try parts.eye.close()
        try await parts.ledger.close()
    }

    /// Counts ids from 1, as a process does.
    private final class Sequence: Sendable {
        private let last = WaitableState<UInt16>(0)
        func next() -> UInt16 {
            last.change { last in
                last &+= 1
                return last
            }
        }
    }
}
