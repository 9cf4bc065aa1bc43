import Crypto
import Drivers
import EventLoop
import Foundation
import GATT
import Ledger
import Logging
import RecordingStore
import Recordings
import SoftwareCard
import TestSupport

/// One life of a gateway, from its start to the moment when nothing is left to do: ledger and files in a real folder, a card on a radio in
/// memory, and workers that decode and deliver; all on one simulated executor.
struct GatewayLife: Sendable {
    static let adapter = DeviceAddress(0xA0, kind: .public)
    static let peer = DeviceAddress(0xC0, kind: .random)
    static let destination = "archive"
    static let routing = Routing([
        Routing.Rule(when: .recordingStored, queue: "decode"), Routing.Rule(when: .recordingStored, queue: "upload"),
        Routing.Rule(when: .buttonPressed(button: "assistant", gesture: nil), queue: "hello"),
    ])
    private static let patience: Duration = .seconds(300)
    private static let noon = UTCTime(milliseconds: 1_795_435_200_000)
    private static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let executor: SimulatedExecutor
    let chronicle: Chronicle
    let card: SoftwareCard
    let ledger: Ledger
    let files: RecordingFiles
    private let cardID: CardID
    private let radio: MemoryRadio
    private let wall: WallClock

    /// Lives on from a moment.
    ///
    /// - Parameters:
    ///   - root: holds the moment's disk.
    ///   - calamity: at which byte of a transfer the link is lost; with it the link is slow, so that checkpoints fall into the transfers.
    ///   - recovered: called when the gateway has started and nothing was said to the card yet.
    ///   - settled: called when nothing is left to do.
    static func run(
        _ start: Moment, at root: URL, chronicle: Chronicle, seed: UInt64, calamity: Int? = nil,
        recovered: @escaping @Sendable (GatewayLife) async throws -> Void = { _ in },
        settled: @escaping @Sendable (GatewayLife) async throws -> Void
    ) throws {
        let executor = SimulatedExecutor(seed: seed)
        try executor.run {
            let card = try await card(start, chronicle, executor, seed)
            let life = try await GatewayLife(executor, start, root, chronicle, card, seed: seed, calamity: calamity)
            try await recovered(life)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await life.radio.run() }
                group.addTask { try await life.card.run() }
                group.addTask { try await life.files.keepCopies() }
                defer { group.cancelAll() }
                try await life.work()
            }
            try await life.files.copy()
            try await settled(life)
            try await life.ledger.close()
        }
    }

    /// The card as it was; one that is new is given what the story begins with.
    private static func card(_ start: Moment, _ chronicle: Chronicle, _ executor: SimulatedExecutor, _ seed: UInt64) async throws -> SoftwareCard {
        guard let serial = CardSerial("A1-0007") else { throw CancellationError() }
        var settings = CardSettings(serial: serial)
        let random = Random(seed)
        settings.random = { random.next() }
        settings.uptime = .seconds(3600)
        settings.bitrate = 12_000
        let vault = TracedVault(start.card) { chronicle.committed($0) }
        let card = try await SoftwareCard(settings, vault: vault, clock: executor.clock)
        if start.card.snapshot == nil { try await Story.tell(to: card, at: noon) }
        return card
    }

    private init(
        _ executor: SimulatedExecutor, _ start: Moment, _ root: URL, _ chronicle: Chronicle, _ card: SoftwareCard, seed: UInt64, calamity: Int?
    ) async throws {
        self.executor = executor
        self.chronicle = chronicle
        self.card = card
        let begin = Self.noon.advanced(by: Int64(start.starts + 1) * 600_000)
        wall = WallClock(now: { begin.advanced(by: Int64(executor.now / .milliseconds(1))) }, isSynchronised: { true })
        let (clock, random) = (executor.clock, Random(seed ^ 0x5EED))
        let environment = LedgerEnvironment(
            wall: wall,
            boot: BootClock(bootID: "start \(start.starts)") { 1_000_000_000 + UInt64(executor.now / .nanoseconds(1)) },
            sleep: { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }, random: { random.next() })
        ledger = try await Ledger.open(
            at: root.appending(path: "ledger.sqlite").path, name: "hq", routing: Self.routing, environment: environment, executor: executor)
        files = try await RecordingFiles.open(
            root: root.path, ledger: ledger, settings: StoreSettings(release: .stored, reserve: 0, owner: nil), logger: Self.silent,
            executor: executor)
        if let known = try await ledger.cards().first {
            cardID = known.id
        } else {
            let facts = DeviceFacts(manufacturer: "Acme", model: "Card", hardware: "1", firmware: "2")
            let bond = Bond(adapter: "\(Self.adapter)", peer: "\(Self.peer)", peerKind: Self.peer.kind.rawValue, method: .passkey)
            cardID = try await ledger.enroll(serial: card.settings.serial, name: "anna", device: facts, bond: bond).id
        }
        radio = MemoryRadio(clock: clock)
        radio.addAdapter(Self.adapter)
        let faults = LinkFaults(clock: clock, bytesPerSecond: calamity == nil ? nil : 1500)
        if let calamity { faults.loseLink(afterBytes: calamity, on: RecorderAttributes.transfer) }
        radio.addDevice(card, at: Self.peer, maximumTransmissionUnit: 517, faults: faults)
    }

    /// Sessions until one is complete, and beside them workers until no job is left.
    private func work() async throws {
        try await card.openPairing()
        _ = try await radio.pair(with: Self.peer, on: Self.adapter, within: Self.patience) { [card] _ in
            await card.report().screen.passkey.map { .passkey($0) } ?? .no
        }
        let isOver = WaitableState(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for queue in ["decode", "upload", "hello"] { group.addTask { try await Worker(life: self, queue: queue).run(until: isOver) } }
            group.addTask {
                var end = try await self.session().end
                while case .link = end { end = try await self.session().end }
                guard end == .complete else { throw LifeFailure(description: "A session ended otherwise than complete: \(end)") }
                isOver.change { $0 = true }
            }
            defer { group.cancelAll() }
            try await group.waitForAll()
        }
        // Jobs that one queue's worker made for another that had ended before.
        for queue in ["decode", "upload", "hello"] { try await Worker(life: self, queue: queue).run(until: isOver) }
    }

    private func session() async throws -> SessionReport {
        let agenda = CardAgenda()
        agenda.sessionBegins()
        agenda.askToYield()
        let context = SessionContext(
            card: cardID, clock: executor.clock, wallClock: wall, activity: ActivityFeed(), logger: Self.silent, allowSharedTransfer: false,
            bondIsAuthenticated: true, agenda: agenda)
        let sink = await files.custody(of: cardID)
        do {
            return try await radio.withConnection(
                to: Self.peer, on: Self.adapter, services: [RecorderCardDriver.service], within: Self.patience
            ) { link in try await RecorderCardDriver().session(on: link, into: sink, context: context) }
        } catch let error as GATTError {
            return SessionReport(end: .link(error))
        }
    }

    /// The bytes of a stored recording, as who downloads them gets them.
    func bytes(of id: RecordingID) async throws -> [UInt8] { try await Self.bytes(of: try await files.open(id)) }

    static func bytes(of file: StoredFile) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while UInt64(bytes.count) < file.size { bytes += try await file.read(at: UInt64(bytes.count), upTo: 1 << 20) }
        return bytes
    }
}

struct LifeFailure: Error, CustomStringConvertible {
    let description: String
}
