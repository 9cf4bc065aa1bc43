import Drivers
import GATT
import Logging
import Radio
import Recordings
import SoftwareCard
import Synchronization
import TestSupport
import Testing

/// Software cards that are paired with adapters in memory, the real driver and the real radio, in virtual time. A link takes time: 300 ms to come
/// about, 50 ms for each request.
struct OfficeWorld: Sendable {
    static let noon = UTCTime(milliseconds: 1_795_435_200_000)

    struct Desk: Sendable {
        let paired: PairedCard
        let card: SoftwareCard
        let faults: LinkFaults
    }

    let clock: SimulatedClock
    let executor: SimulatedExecutor
    let air: MemoryRadio
    let feed = ActivityFeed()
    let registry = OfficeRegistry()
    let desks: [Desk]

    /// Runs `body` in a world of its own.
    ///
    /// - Parameter slots: links that each adapter holds; there are as many adapters.
    static func run<R: Sendable>(
        seed: UInt64, cards: Int, slots: [Int], _ body: @escaping @Sendable (OfficeWorld) async throws -> R
    ) throws -> R {
        let executor = SimulatedExecutor(seed: seed)
        return try executor.run(atMost: 50_000_000) {
            let world = try await OfficeWorld(executor, seed: seed, cards: cards, slots: slots)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await world.air.run() }
                for desk in world.desks { group.addTask { try await desk.card.run() } }
                defer { group.cancelAll() }
                for desk in world.desks { try await world.pair(desk) }
                return try await body(world)
            }
        }
    }

    private init(_ executor: SimulatedExecutor, seed: UInt64, cards: Int, slots: [Int]) async throws {
        self.executor = executor
        clock = executor.clock
        air = MemoryRadio(clock: clock)
        let adapters = slots.indices.map { DeviceAddress(0xA0 + UInt64($0), kind: .public) }
        for (index, count) in slots.enumerated() { air.addAdapter(adapters[index], name: "hci\(index)", slots: count) }
        let draws = Draws(seed)
        var desks: [Desk] = []
        for number in 1...cards {
            guard let serial = CardSerial("A1-\(1000 + number)") else { throw CancellationError() }
            var settings = CardSettings(serial: serial)
            settings.random = { draws.next() }
            settings.uptime = .seconds(3600)
            let card = try await SoftwareCard(settings, vault: MemoryVault(), clock: clock)
            let faults = LinkFaults(clock: clock)
            let paired = PairedCard(
                id: CardID.make(at: Self.noon.advanced(by: Int64(number)), random: 0, sequence: 0), name: "card\(number)",
                adapter: adapters[number % slots.count],
                peer: DeviceAddress(0xC0_0000_0000_00 + UInt64(number), kind: .random), isAccepted: true)
            air.addDevice(SlowCard(card: card, clock: clock), at: paired.peer, faults: faults)
            desks.append(Desk(paired: paired, card: card, faults: faults))
        }
        self.desks = desks
        registry.cards.withLock { $0 = desks.map(\.paired) }
    }

    private func pair(_ desk: Desk) async throws {
        try await desk.card.openPairing()
        _ = try await air.pair(with: desk.paired.peer, on: desk.paired.adapter, within: .seconds(60)) { _ in
            await desk.card.report().screen.passkey.map { .passkey($0) } ?? .no
        }
    }

    /// Runs a radio, as one life of the daemon does, while `body` runs.
    func withRadio<R: Sendable>(over host: AwkwardHost? = nil, _ body: @escaping @Sendable (CardRadio) async throws -> R) async throws -> R {
        let radio = CardRadio(
            central: host ?? air, drivers: [RecorderCardDriver()], registry: registry, clock: clock,
            wallClock: WallClock(
                now: { [executor] in Self.noon.advanced(by: Int64(executor.now / .milliseconds(1))) }, isSynchronised: { true }), activity: feed,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, allowSharedTransfer: false)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await radio.run() }
            defer { group.cancelAll() }
            return try await body(radio)
        }
    }

    /// Longer than anything here takes: whoever waits for what never comes is told.
    private static let patience: Duration = .seconds(1800)

    /// Returns what the first activity is that `find` knows.
    func first<R: Sendable>(while body: @escaping @Sendable () async throws -> Void = {}, _ find: @escaping @Sendable (Activity) -> R?) async throws
        -> R
    {
        let found = try await withDeadline(Self.patience, clock: clock) { [feed] in
            try await feed.withActivities { stream in
                try await body()
                for await activity in stream { if let found = find(activity) { return found } }
                throw CancellationError()
            }
        }
        return try #require(found)
    }
}

/// Cards and what came from them.
final class OfficeRegistry: CardRegistry {
    let cards = Mutex<[PairedCard]>([])
    /// How often the cards were asked for.
    let asked = Mutex(0)
    private let sinks = Mutex<[CardID: MemorySink]>([:])

    func memory(of card: CardID) -> MemorySink {
        sinks.withLock { sinks in
            let sink = sinks[card] ?? MemorySink()
            sinks[card] = sink
            return sink
        }
    }

    func pairedCards() async throws -> [PairedCard] {
        asked.withLock { $0 += 1 }
        return cards.withLock { $0 }
    }

    func sink(for card: CardID) async throws -> any RecordingSink { memory(of: card) }
    func waitingScreens(for card: CardID) async throws -> [(name: String, note: ScreenNote)] { [] }
    func screenEnded(_ name: String, result: CardActionResult) async throws {}
    func enrol(_ card: NewCard) async throws -> PairedCard { throw RadioError.unknownCard }
    func bondIsForeign(of card: CardID) async throws {
        cards.withLock { cards in for index in cards.indices where cards[index].id == card { cards[index].bondIsForeign = true } }
    }
    func mayEnrol(_ serial: CardSerial) async throws {}
    func ownerKeys(for serial: CardSerial) async throws -> OwnerKeys? { nil }
    func owner(_ outcome: OwnerOutcome, of serial: CardSerial) async throws {}
    func pairingFailed(with device: DeviceAddress, as name: String, because reason: String) async {}
}

/// A card whose link takes the time that links take.
private struct SlowCard: LocalService {
    let card: SoftwareCard
    let clock: SimulatedClock

    var services: [ServiceDefinition] { card.services }
    func advertising() async -> AdvertisingData? { await card.advertising() }
    func advertisingChanged() async { await card.advertisingChanged() }
    func connected(_ link: any ServerLink) async {
        try? await clock.sleep(for: .milliseconds(300))
        await card.connected(link)
    }
    func disconnected(_ link: any ServerLink) async { await card.disconnected(link) }
    func pairing(over link: any ServerLink) async throws -> PairingOffer { try await card.pairing(over: link) }
    func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer { await card.answer(question, over: link) }
    func paired(over link: any ServerLink, bonded: Bool) async { await card.paired(over: link, bonded: bonded) }

    func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] {
        try? await clock.sleep(for: .milliseconds(50))
        return try await card.read(characteristic, over: link)
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        if request { try? await clock.sleep(for: .milliseconds(50)) }
        try await card.write(value, to: characteristic, request: request, over: link)
    }

    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        await card.subscribed(isSubscribed, to: characteristic, over: link)
    }
}

/// Numbers that a seed draws, for whoever asks first.
final class Draws: Sendable {
    private let state: Mutex<UInt64>
    init(_ seed: UInt64) { state = Mutex(seed &* 0x9E37_79B9_7F4A_7C15 | 1) }

    func next() -> UInt64 {
        state.withLock { random in
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random
        }
    }
}
