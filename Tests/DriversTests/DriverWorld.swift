import Drivers
import GATT
import Logging
import Recordings
import SoftwareCard
import TestSupport

/// A software card on a radio in memory, a driver and a sink, all on one simulated executor: time is virtual, the seed decides the
/// order of everything.
struct DriverWorld: Sendable {
    static let adapter = DeviceAddress(0xA0, kind: .public)
    static let peer = DeviceAddress(0xC0, kind: .random)
    static let patience: Duration = .seconds(300)
    static let noon = UTCTime(milliseconds: 1_795_435_200_000)

    let clock: SimulatedClock
    let radio: MemoryRadio
    let faults: LinkFaults
    let card: SoftwareCard
    let air: Tamper
    let sink: MemorySink
    let agenda = CardAgenda()
    let feed = ActivityFeed()
    /// How often a session told of a low battery.
    let lowBatteries = Counter()
    let wallClock: WallClock

    private init(_ executor: SimulatedExecutor, _ settings: CardSettings, sink: MemorySink, isSynchronised: Bool) async throws {
        clock = executor.clock
        radio = MemoryRadio(clock: clock)
        faults = LinkFaults(clock: clock)
        card = try await SoftwareCard(settings, vault: MemoryVault(), clock: clock)
        air = Tamper(card)
        self.sink = sink
        wallClock = WallClock(
            now: { Self.noon.advanced(by: Int64(executor.now / .milliseconds(1))) }, isSynchronised: { isSynchronised })
        radio.addAdapter(Self.adapter)
        radio.addDevice(air, at: Self.peer, faults: faults)
    }

    /// Runs `body` in a world of its own, with a card that is bonded.
    static func run<R: Sendable>(
        seed: UInt64 = 1, sink: MemorySink = MemorySink(), isSynchronised: Bool = true,
        card change: @escaping @Sendable (inout CardSettings) -> Void = { _ in }, _ body: @escaping @Sendable (DriverWorld) async throws -> R
    ) throws -> R {
        let executor = SimulatedExecutor(seed: seed)
        guard let serial = CardSerial("A1-0007") else { throw CancellationError() }
        return try executor.run {
            var settings = CardSettings(serial: serial)
            let draws = Draws(seed)
            settings.random = { draws.next() }
            settings.uptime = .seconds(3600)
            change(&settings)
            let world = try await DriverWorld(executor, settings, sink: sink, isSynchronised: isSynchronised)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await world.radio.run() }
                group.addTask { try await world.card.run() }
                defer { group.cancelAll() }
                try await world.pair()
                return try await body(world)
            }
        }
    }

    private func pair() async throws {
        try await card.openPairing()
        _ = try await radio.pair(with: Self.peer, on: Self.adapter, within: Self.patience) { _ in
            await card.report().screen.passkey.map { .passkey($0) } ?? .no
        }
    }

    func connected<R: Sendable>(_ body: @concurrent @Sendable (any Peripheral) async throws -> R) async throws -> R {
        try await radio.withConnection(
            to: Self.peer, on: Self.adapter, services: [RecorderCardDriver.service], within: Self.patience, body)
    }

    /// One session; it ends when nothing is left to fetch unless it is to linger.
    func session(
        lingers: Bool = false, bondIsAuthenticated: Bool = true, into other: MemorySink? = nil,
        over host: @escaping @Sendable (any Peripheral) -> any Peripheral = { $0 }
    ) async throws -> SessionReport {
        agenda.sessionBegins()
        if !lingers { agenda.askToYield() }
        let lowBatteries = lowBatteries
        let context = SessionContext(
            card: .make(at: Self.noon, random: 1, sequence: 1), clock: clock, wallClock: wallClock, activity: feed,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), allowSharedTransfer: false,
            bondIsAuthenticated: bondIsAuthenticated, agenda: agenda, batteryIsLow: { lowBatteries.increment() })
        return try await connected { card in try await RecorderCardDriver().session(on: host(card), into: other ?? sink, context: context) }
    }

    /// What is done with a card that a person pairs.
    func admission() async throws -> Admission {
        try await connected { card in
            let driver = RecorderCardDriver()
            let identity = try await driver.identify(card, within: Self.patience)
            return try await driver.admit(card, identity, keys: await sink.ownerKeys(), clock: clock, wallClock: wallClock) {
                try await sink.owner($0)
            }
        }
    }

    /// Sessions until one ends otherwise than by the loss of its link; the sink may lose what is not durable in between.
    func sessions(atMost limit: Int = 100, crashing: Bool = false) async throws -> [SessionReport] {
        var reports: [SessionReport] = []
        for _ in 0..<limit {
            let report = try await session()
            reports.append(report)
            guard case .link = report.end else { break }
            if crashing { sink.crash() }
        }
        return reports
    }

    /// Records so many seconds of a voice-like tone.
    @discardableResult
    func record(seconds: Double, kind: RecordingKind = .conversation) async throws -> UInt32 {
        var phase: UInt32 = 0
        let speech = (0..<Int(seconds * 16_000)).map { index -> Int16 in
            phase &+= 7_000_000 &+ UInt32(truncatingIfNeeded: index) &* 40
            return Int16(truncatingIfNeeded: Int32(bitPattern: phase) >> 18)
        }
        return try await card.record(speech, kind: kind)
    }

    /// The sink holds byte for byte what the card holds.
    func isWhole(_ recording: UInt32) async throws -> Bool { try await sink.stored(recording) == card.object(recording) }

    func state(of recording: UInt32) async -> HeldRecording.State? {
        await card.report().recordings.first { $0.number == recording }?.state
    }
}
