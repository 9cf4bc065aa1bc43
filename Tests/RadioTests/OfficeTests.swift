import GATT
import Radio
import Recordings
import SoftwareCard
import Synchronization
import TestSupport
import Testing

/// The real radio and driver among many software cards, in virtual time.
@Suite struct OfficeTests {
    /// Everybody presses within five minutes, over five slots: nobody's press waits longer than it takes to serve everybody.
    @Test func twoHundredCardsOverFiveSlots() throws {
        let longest = try OfficeWorld.run(seed: 1, cards: 200, slots: [5]) { try await Self.pressAll($0, times: 1, seed: 1, within: .seconds(300)) }
        #expect(longest < .seconds(600), "\(longest)")
    }

    /// Each card's bond is one adapter's: both serve theirs side by side.
    @Test func twoAdaptersShareTheCards() throws {
        let longest = try OfficeWorld.run(seed: 3, cards: 40, slots: [3, 3]) { world in
            try await Self.pressAll(world, times: 2, seed: 3, within: .seconds(60))
        }
        #expect(longest < .seconds(120), "\(longest)")
    }

    /// Cards that were used last stay linked, so that their presses arrive as notifications.
    @Test func theCardThatWasUsedLongestAgoYieldsItsSlot() throws {
        let (ended, expected) = try OfficeWorld.run(seed: 4, cards: 3, slots: [2]) { world -> (CardID?, CardID) in
            try await world.withRadio { radio in
                try await world.clock.sleep(for: .seconds(60))
                let linked = await Set(radio.status().cards.filter { $0.presence == "linked" }.map(\.card))
                let stay = try #require(world.desks.first { linked.contains($0.paired.id) })
                let go = try #require(world.desks.last { linked.contains($0.paired.id) })
                let other = try #require(world.desks.first { !linked.contains($0.paired.id) })
                #expect(linked.count == 2)
                for desk in [go, stay] {
                    _ = try await desk.card.press(.side, .press)
                    try await world.clock.sleep(for: .seconds(5))
                }
                let ended = try await world.first(while: { _ = try await other.card.press(.side, .press) }) { activity -> CardID? in
                    if case .sessionEnded = activity.what { activity.card } else { nil }
                }
                return (ended, go.paired.id)
            }
        }
        #expect(ended == expected)
    }

    /// - Returns: the longest wait from a press to its event in the sink.
    private static func pressAll(_ world: OfficeWorld, times: Int, seed: UInt64, within span: Duration) async throws -> Duration {
        let draws = Draws(seed &+ 77)
        let presses = world.desks.indices.flatMap { desk in (0..<times).map { _ in (at: span * (Double(draws.next() % 10_000) / 10_000), desk: desk) }
        }
        .sorted { ($0.at, $0.desk) < ($1.at, $1.desk) }
        let watch = PressWatch(presses.count)
        return try await world.withRadio { radio in
            try await world.feed.withActivities { stream in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let start = world.executor.now
                        for (at, desk) in presses {
                            let wait = start + at - world.executor.now
                            if wait > .zero { try await world.clock.sleep(for: wait) }
                            let event = try await world.desks[desk].card.press(.side, .press).event
                            watch.pressed(event, on: world.desks[desk].paired.id, at: world.executor.now)
                        }
                    }
                    group.addTask {
                        for await activity in stream {
                            guard case .events(let last, _) = activity.what, let card = activity.card else { continue }
                            watch.came(upTo: last, from: card, at: world.executor.now)
                        }
                    }
                    try await watch.untilAllCame()
                    #expect(await radio.status().adapters.count == Set(world.desks.map(\.paired.adapter)).count)
                    group.cancelAll()
                }
            }
            return watch.longest
        }
    }

    /// The process ends in mid-transfer, the next one goes on within three seconds of the first advertisement that it hears.
    @Test(arguments: [1, 2, 3]) func aRestartInMidTransferGoesOnAtOnce(seed: UInt64) throws {
        let (offset, time) = try OfficeWorld.run(seed: seed, cards: 3, slots: [5]) { world -> (UInt64, Duration) in
            let desk = world.desks[0]
            let tone = (0..<30 * 16_000).map { Int16(truncatingIfNeeded: $0 &* 40) }
            let number = try await desk.card.record(tone, kind: .conversation)
            desk.faults.setRate(8_000)
            try await world.withRadio { _ in
                try await world.first { activity -> Void? in
                    if case .transferProgress(number, let offset, _) = activity.what, offset > 20_000 { return () }
                    return nil
                }
            }
            world.registry.memory(of: desk.paired.id).crash()
            let start = world.executor.now
            return try await world.withRadio { _ in
                let offset = try await world.first { activity -> UInt64? in
                    if case .transferStarted(number, let offset, _) = activity.what { return offset }
                    return nil
                }
                return (offset, world.executor.now - start)
            }
        }
        #expect(offset > 0, "what was durable is not fetched again")
        #expect(time < .seconds(3), "\(time)")
    }

    /// A delivery lets a recording be released: the card is told at once, whether it is linked or only near.
    @Test(arguments: [false, true]) func aDeliveryReachesTheCardAtOnce(isLinked: Bool) throws {
        let time = try OfficeWorld.run(seed: 5, cards: 2, slots: [1]) { world -> Duration in
            let desk = world.desks[0]
            let sink = world.registry.memory(of: desk.paired.id)
            sink.setMayRelease(false)
            sink.setHoldsReleases(true)
            let number = try await desk.card.record((0..<16_000).map { Int16(truncatingIfNeeded: $0 &* 40) }, kind: .memo)
            return try await world.withRadio { radio in
                try await world.first { activity -> Void? in if case .stored(number, _) = activity.what { () } else { nil } }
                if !isLinked {
                    // The other card takes the only slot.
                    let other = world.desks[1]
                    try await world.first(while: { _ = try await other.card.press(.side, .press) }) { activity -> Void? in
                        if case .events = activity.what, activity.card == other.paired.id { () } else { nil }
                    }
                }
                // Longer than news keeps the adapter listening, shorter than a session lasts.
                try await world.clock.sleep(for: .seconds(200))
                sink.setHoldsReleases(false)
                let start = world.executor.now
                try await world.first(while: { radio.looksAgain(at: desk.paired.id) }) { activity -> Void? in
                    if case .released(number) = activity.what { () } else { nil }
                }
                return world.executor.now - start
            }
        }
        #expect(time < .seconds(isLinked ? 2 : 20), "\(time)")
    }

    /// A bond that another program made anew is not used, nor one that the host has lost.
    @Test(arguments: [false, true]) func aBondThatIsNotOursIsNotUsed(isReplaced: Bool) throws {
        let reason = try OfficeWorld.run(seed: 6, cards: 1, slots: [5]) { world -> String in
            let desk = world.desks[0]
            if isReplaced {
                world.air.replaceBond(with: desk.paired.peer, on: desk.paired.adapter)
            } else {
                try await world.air.forget(desk.paired.peer, on: desk.paired.adapter)
            }
            _ = try await desk.card.press(.side, .press)
            return try await world.withRadio { _ in
                try await world.first { activity -> String? in
                    switch activity.what {
                    case .retry(let reason, let pause): "\(pause >= .seconds(60) ? "" : "too soon: ")\(reason)"
                    case .sessionStarted: "a session"
                    default: nil
                    }
                }
            }
        }
        #expect(reason.hasPrefix(isReplaced ? "wrong-agent" : "one-sided-bond"), "\(reason)")
    }

    /// Seen once, refused for good: also by the process after this one, which did not see it.
    @Test func aBondThatIsNotOursAnyMoreIsRefusedAfterARestart() throws {
        let reason = try OfficeWorld.run(seed: 6, cards: 1, slots: [5]) { world -> String in
            let desk = world.desks[0]
            world.air.replaceBond(with: desk.paired.peer, on: desk.paired.adapter)
            try await world.withRadio { _ in
                while try await !world.registry.pairedCards()[0].bondIsForeign { try await world.clock.sleep(for: .seconds(1)) }
            }
            world.air.followAnew(on: desk.paired.adapter)
            #expect(try await world.air.foreignBonds(on: desk.paired.adapter).isEmpty)
            return try await world.withRadio { _ in
                try await world.first(while: { _ = try await desk.card.press(.side, .press) }) { activity -> String? in
                    switch activity.what {
                    case .retry(let reason, _): reason
                    case .sessionStarted: "a session"
                    default: nil
                    }
                }
            }
        }
        #expect(reason.hasPrefix("wrong-agent") && reason.contains("forget the card"), "\(reason)")
    }
}

/// When presses were made, and when they came.
private final class PressWatch: Sendable {
    private struct State {
        var left: Int
        var open: [CardID: [(event: UInt32, at: Duration)]] = [:]
        var longest: Duration = .zero
    }

    private let state: WaitableState<State>

    init(_ count: Int) { state = WaitableState(State(left: count)) }

    var longest: Duration { state.read(\.longest) }

    func pressed(_ event: UInt32, on card: CardID, at now: Duration) { state.change { $0.open[card, default: []].append((event, now)) } }

    func came(upTo last: UInt32, from card: CardID, at now: Duration) {
        state.change { state in
            let open = state.open[card] ?? []
            for press in open where press.event <= last {
                state.longest = max(state.longest, now - press.at)
                state.left -= 1
            }
            state.open[card] = open.filter { $0.event > last }
        }
    }

    func untilAllCame() async throws { try await state.when { $0.left == 0 ? () : nil } }
}
