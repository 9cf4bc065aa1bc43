import GATT
import Radio
import Recordings
import SoftwareCard
import Synchronization
import TestSupport
import Testing

/// What the radio tells the watchdog.
@Suite struct WatchdogTurnTests {
    /// Whether the radio turns within half a minute.
    private static func turns(_ radio: CardRadio, _ world: OfficeWorld) async throws -> Bool {
        try await withDeadline(.seconds(30), clock: world.clock) {
            try await radio.turn()
            return true
        } ?? false
    }

    /// Listening, resting, and with all cards linked.
    @Test(arguments: [1, 2, 3]) func aRadioTurnsInEverythingThatItDoes(seed: UInt64) throws {
        try OfficeWorld.run(seed: seed, cards: 2, slots: [5]) { world in
            try await world.withRadio { radio in
                for _ in 1...40 {
                    try await world.clock.sleep(for: .seconds(7))
                    #expect(try await Self.turns(radio, world))
                }
                #expect(await radio.status().cards.map(\.presence) == ["linked", "linked"])
                for desk in world.desks { world.air.setInRange(false, device: desk.paired.peer) }
                for _ in 1...40 {
                    try await world.clock.sleep(for: .seconds(7))
                    #expect(try await Self.turns(radio, world))
                }
            }
        }
    }

    /// A call to the host that never returns keeps one adapter's loop; the loop that looks for adapters turns on.
    @Test func aLoopThatIsStuckIsNoticed() throws {
        try OfficeWorld.run(seed: 4, cards: 1, slots: [5]) { world in
            let host = AwkwardHost(air: world.air, beforeDiscovery: { try await world.clock.sleep(for: .seconds(100_000)) })
            try await world.withRadio(over: host) { radio in
                try await world.clock.sleep(for: .seconds(5))
                #expect(try await Self.turns(radio, world), "a step may take a while")
                try await world.clock.sleep(for: .seconds(120))
                #expect(try await !Self.turns(radio, world))
            }
        }
    }

    /// A disk that stalls is excused once by the watchdog; a radio that waits for it would be late all the same.
    @Test func theLedgerIsAskedOnceForAnAdapter() throws {
        try OfficeWorld.run(seed: 5, cards: 2, slots: [5]) { world in
            let other = world.desks[1].paired.peer
            world.air.setInRange(false, device: other)
            try await world.withRadio(over: .losesAdapter(world.air, at: other)) { radio in
                try await world.clock.sleep(for: .seconds(30))
                let heard: Bool = try await world.first(while: { world.air.setInRange(true, device: other) }) { (activity: Activity) -> Bool? in
                    guard case .retry(reason: _, after: _) = activity.what else { return nil }
                    return true
                }
                #expect(heard)
                try await world.clock.sleep(for: .seconds(60))
                #expect(await radio.status().cards.map(\.presence) == ["linked", "linked"], "the adapter is used again")
                let asked: Int = world.registry.asked.withLock { $0 }
                #expect(asked == 1, "by the adapter that is new")
            }
        }
    }
}
