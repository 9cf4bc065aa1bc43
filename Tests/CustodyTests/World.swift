import Bytes
import CardProfile
import Custody
import Foundation
import GATT
import Radio
import Recordings
import SoftwareCard
import TestSupport

/// Several cards and gateways, whole but for host and process, on one simulated executor: one history for each seed.
struct World: Sendable {
    /// What came of one seed.
    struct End: Sendable {
        /// Two runs with the same value went the same way.
        let history: UInt64
        let hits: [Fault: Int]
        /// What is not as it was promised; empty: all is well.
        let complaints: [String]
        let recordings: Int
        let events: Int
        let jobs: Int
        let time: Duration
    }

    /// Many times what the longest world takes: more are a world that turns in circles.
    private static let mostJobs = 3_000_000
    private static let morning = UTCTime(milliseconds: 1_795_435_200_000)
    private static let pairingPatience: Duration = .seconds(300)
    /// Back-offs end within 15 minutes, pulls that differ are tried again within 16: after so long every one of them had several turns.
    private static let patience: Duration = .seconds(6 * 3600)
    private static let look: Duration = .seconds(30)

    /// Of so many worlds one loses its ledgers in the end.
    private static let rebuilds: UInt64 = 4

    let seed: UInt64
    let plan: Plan
    let executor: SimulatedExecutor
    let air: MemoryRadio
    let cards: [WorldCard]
    let gateways: [WorldGateway]
    let watch: CustodyWatch
    let tally: Tally
    let cancellations: [SessionCanceller.Wishes]

    /// The wall clock of a world so long after its beginning.
    static func time(_ elapsed: Duration) -> UTCTime { morning.advanced(by: Int64(elapsed / .milliseconds(1))) }

    /// Runs a seed's world to its end, on the calling thread.
    ///
    /// - Parameter root: a folder in memory, this world's alone.
    static func run(seed: UInt64, in root: URL, seams: Seams = Seams(), plan: Plan? = nil) throws -> End {
        let executor = SimulatedExecutor(seed: seed)
        let plan = plan ?? Plan(seed: seed)
        return try executor.run(atMost: mostJobs) {
            let world = try await World(seed: seed, plan: plan, executor: executor, in: root, seams: seams)
            return try await world.run()
        }
    }

    private init(seed: UInt64, plan: Plan, executor: SimulatedExecutor, in root: URL, seams: Seams) async throws {
        self.seed = seed
        self.plan = plan
        self.executor = executor
        tally = Tally()
        let air = MemoryRadio(clock: executor.clock, advertisingInterval: .seconds(20))
        self.air = air
        let tally = tally
        let cancellations = (0..<plan.gateways).map { _ in SessionCanceller.Wishes() }
        self.cancellations = cancellations
        gateways = try (0..<plan.gateways).map { index in
            var seams = seams
            seams.driver = SessionCanceller(driver: seams.driver, wishes: cancellations[index], executor: executor, tally: tally)
            let adapter = DeviceAddress(0xA0 + UInt64(index), kind: .public)
            air.addAdapter(adapter, name: "hci\(index)")
            return try WorldGateway(
                name: ["office", "shop"][index], adapter: adapter, in: root, air: air, executor: executor, seed: seed, seams: seams)
        }
        let watch = CustodyWatch(gateways)
        self.watch = watch
        var cards: [WorldCard] = []
        for index in plan.cards.indices {
            cards.append(try await Self.card(index, plan.cards[index], seed: seed, executor: executor, air: air, watch: watch))
        }
        self.cards = cards
    }

    private static func card(_ index: Int, _ plan: Plan.Card, seed: UInt64, executor: SimulatedExecutor, air: MemoryRadio, watch: CustodyWatch)
        async throws -> WorldCard
    {
        let name = ["anna", "ben", "clara", "david"][index]
        guard let serial = CardSerial("A1-\(1000 + index)") else { throw CancellationError() }
        var settings = CardSettings(serial: serial)
        let draw = SharedDraw(seed, "card \(index)")
        settings.random = { draw.next() }
        settings.uptime = .seconds(3600)
        let truth = CardTruth()
        let card = try await SoftwareCard(settings, vault: WatchedVault(telling: truth), clock: executor.clock)
        let address = DeviceAddress(0xC0 + UInt64(index), kind: .random)
        let faults = LinkFaults(clock: executor.clock)
        let watched = WatchedCard(card: card) { request, central in await watch.looks(at: request, from: central, to: serial, truth) }
        air.addDevice(watched, at: address, maximumTransmissionUnit: plan.maximumTransmissionUnit, faults: faults)
        return WorldCard(name: name, serial: serial, address: address, card: card, truth: truth, faults: faults, plan: plan)
    }

    private func run() async throws -> End {
        defer { watch.end() }
        return try await runToItsEnd()
    }

    private func runToItsEnd() async throws -> End {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await air.run() }
            for card in cards { group.addTask { try await card.card.run() } }
            defer { group.cancelAll() }
            try await pair()
            for gateway in gateways {
                gateway.setWanted(true)
                group.addTask { try await gateway.live() }
            }
            try await live()
            for card in cards { card.heal() }
            for wishes in cancellations { wishes.clear() }
            for gateway in gateways {
                gateway.healDisk()
                gateway.clock.set(GatewayClock.State())
            }
            let isQuiet = try await ends()
            for gateway in gateways {
                gateway.setWanted(false)
                try await gateway.isRunning(false)
            }
            count()
            var oracle = Oracle(cards: cards, isShared: gateways.count > 1, watch: watch, unrest: isQuiet ? "" : "\(await unrest())")
            for gateway in gateways {
                let parts = try await gateway.open()
                try await oracle.judge(gateway, parts)
                if seed % Self.rebuilds == 0 { try await oracle.judgeRebuilt(gateway, parts) }
                try await gateway.close(parts)
            }
            oracle.judgeTogether()
            executor.note(oracle.fingerprint)
            return End(
                history: executor.history, hits: tally.hits, complaints: oracle.complaints, recordings: oracle.recordings, events: oracle.events,
                jobs: executor.jobs, time: executor.now)
        }
    }

    /// Every card with every gateway.
    private func pair() async throws {
        for gateway in gateways {
            let parts = try await gateway.open()
            let registry = LedgerRegistry(ledger: parts.ledger, store: parts.files)
            for card in cards {
                try await card.card.openPairing()
                let bond = try await air.pair(with: card.address, on: gateway.adapter, within: Self.pairingPatience) { _ in
                    await card.card.report().screen.passkey.map { .passkey($0) } ?? .no
                }
                let generation = Generation(serial: card.serial, number: await card.card.report().generation)
                let identity = CardIdentity(generation: generation, manufacturer: nil, model: nil, firmware: nil, isJustWorksOnly: false)
                _ = try await registry.enrol(
                    NewCard(name: card.name, adapter: gateway.adapter, peer: bond.peer, method: bond.method, identity: identity))
            }
            try await gateway.close(parts)
        }
    }

    /// Until every plan is done.
    private func live() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (card, plan) in zip(cards, plan.cards) {
                group.addTask {
                    for step in plan.steps {
                        try await executor.clock.sleep(for: step.after)
                        try await card.perform(step.happening)
                    }
                }
            }
            for (card, plan) in zip(cards, plan.cards) {
                for (after, trouble) in plan.troubles {
                    group.addTask {
                        try await executor.clock.sleep(for: after)
                        try await card.suffer(trouble) { try await executor.clock.sleep(for: $0) }
                    }
                }
            }
            for (after, trouble) in plan.troubles {
                group.addTask {
                    try await executor.clock.sleep(for: after)
                    try await suffer(trouble)
                }
            }
            try await group.waitForAll()
        }
    }

    private func count() {
        for gateway in gateways {
            for (fault, hits) in gateway.diskHits { tally.hit(.disk(fault), hits) }
        }
        for card in cards {
            for (kind, hits) in card.faults.disturbances.hits { tally.hit(.link(kind), hits) }
            for (fault, hits) in card.faultHits { tally.hit(.card(fault), hits) }
            if watch.served(card.serial).count > 1 { tally.hit(.host(.linkTakenByAnother)) }
        }
    }

    /// - Returns: whether nothing is left to fetch.
    private func ends() async throws -> Bool {
        guard try await comesToRest() else { return false }
        // Each gateway is shown once more what there is, while others are away: the card's last answer to it may have been lost.
        for gateway in gateways {
            for other in gateways {
                other.setWanted(other.adapter == gateway.adapter)
                try await other.isRunning(other.adapter == gateway.adapter)
            }
            for card in cards { try await card.perform(.press(.side, .long)) }
            guard try await comesToRest() else { return false }
            try await executor.clock.sleep(for: Self.look)
        }
        return true
    }

    /// - Returns: whether nothing is left to fetch.
    private func comesToRest() async throws -> Bool {
        let end = executor.now + Self.patience
        while executor.now < end {
            if await unrest().isEmpty { return true }
            try await executor.clock.sleep(for: Self.look)
        }
        return await unrest().isEmpty
    }

    /// Whether every gateway that runs waits for a person.
    private func isDisputed(_ number: UInt32, _ generation: Generation) -> Bool {
        let eyes = gateways.compactMap(\.parts?.eye)
        return !eyes.isEmpty && eyes.allSatisfy { (try? $0.isDisputed(number, generation)) ?? false }
    }

    /// What is left to fetch, in words; empty when nothing is.
    private func unrest() async -> String {
        var left: [String] = []
        for card in cards {
            let report = await card.card.report()
            let generation = Generation(serial: card.serial, number: report.generation)
            let open = report.recordings.filter { [.inProgress, .closing, .held].contains($0.state) }.map(\.number)
                .filter { !card.plan.refuses($0) || !isDisputed($0, generation) }.map(String.init)
            if !open.isEmpty { left.append("\(card.name) holds \(open.joined(separator: ", "))") }
            // Numbers whose events the card dropped ask for nothing.
            let events = card.truth.waiting
            if let first = events.first, let last = events.last { left.append("\(card.name) has events \(first)-\(last)") }
        }
        return left.joined(separator: "; ")
    }
}
