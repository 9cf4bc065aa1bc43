import GATT
import Radio
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// What a session leaves behind for the card's next one.
@Suite struct SecondSessionTests {
    /// A session that ended because it was cancelled with its adapter's loop is over: the card is met again.
    @Test(arguments: [1, 2, 3]) func aCardWhoseSessionWasCancelledIsMetAgain(seed: UInt64) throws {
        try OfficeWorld.run(seed: seed, cards: 2, slots: [5]) { world in
            let (lingers, other) = (world.desks[0], world.desks[1])
            world.air.setInRange(false, device: other.paired.peer)
            try await world.withRadio(over: .losesAdapter(world.air, at: other.paired.peer)) { radio in
                try await world.clock.sleep(for: .seconds(30))
                #expect(await radio.status().cards.filter { $0.presence == "linked" }.map(\.card) == [lingers.paired.id])
                // The attempt on the other card makes the loop leave the adapter; the link of the first one stands on.
                let retried: Bool = try await world.first(while: { world.air.setInRange(true, device: other.paired.peer) }) {
                    (activity: Activity) -> Bool? in
                    guard case .retry(reason: _, after: _) = activity.what else { return nil }
                    return true
                }
                #expect(retried)
                // The adapter is looked for, and both are met.
                try await world.clock.sleep(for: .seconds(60))
                #expect(await radio.status().cards.map(\.presence) == ["linked", "linked"])
            }
        }
    }

    /// A card that once gave its slot to another lingers in its next session like any other.
    @Test(arguments: [1, 2, 3]) func aCardThatYieldedLingersAgain(seed: UInt64) throws {
        try OfficeWorld.run(seed: seed, cards: 2, slots: [1]) { world in
            let desk = world.desks[0]
            try await world.withRadio { radio in
                for desk in [desk, world.desks[1], desk] {
                    try await world.first(while: { _ = try await desk.card.press(.side, .press) }) { activity -> Void? in
                        if case .events = activity.what, activity.card == desk.paired.id { () } else { nil }
                    }
                    try await world.clock.sleep(for: .seconds(20))
                }
                #expect(await radio.status().cards.filter { $0.presence == "linked" }.map(\.card) == [desk.paired.id])
                let pressed = world.executor.now
                try await world.first(while: { _ = try await desk.card.press(.side, .press) }) { activity -> Void? in
                    if case .events = activity.what, activity.card == desk.paired.id { () } else { nil }
                }
                #expect(world.executor.now - pressed < .seconds(2), "a press of a linked card is notified")
            }
        }
    }

    /// Cards with nothing to tell are told of once in each turn of listening: that is no silence of the adapter.
    @Test func cardsThatStayQuietAreNoSilence() throws {
        try OfficeWorld.run(seed: 1, cards: 2, slots: [5]) { world in
            try await world.withRadio { _ in
                let complaint: String?? = try await withDeadline(.seconds(3 * 3600), clock: world.clock) { [feed = world.feed] in
                    await feed.withActivities { stream in
                        for await activity in stream { if case .adapter(state: let state) = activity.what { return state } }
                        return nil
                    }
                }
                #expect(complaint == nil)
            }
        }
    }
}
