import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// Cards that misbehave, and what sessions make of it: nothing lost, nothing doubled, nobody else held up.
@Suite struct MishapTests {
    /// The READ of the first recording: the log and both lists are read before it.
    private static let firstRecording = 4

    private func moments() -> [CardMishap.Moment] {
        [
            .value(1), .value(5), .request(.setTime, 1), .response(.setTime, 1), .request(.read, 1), .response(.read, 2), .request(.read, 4),
            .response(.read, 4), .request(.acknowledgeEvents, 1), .response(.acknowledgeEvents, 1), .request(.release, 1), .response(.release, 1),
        ]
    }

    @Test(arguments: [true, false]) func aRebootAtAnyMomentCostsNothing(keepsClock: Bool) throws {
        for moment in moments() {
            try DriverWorld.run { world in
                try await world.card.setClock(DriverWorld.noon)
                try await world.record(seconds: 2)
                try await world.record(seconds: 1)
                world.card.mishaps.arm(.reboot(keepsClock: keepsClock), at: moment)
                let reports = try await world.sessions(atMost: 3)
                #expect(reports.count == 2 && reports.last?.end == .complete, "\(moment)")
                for number in [1, 2] as [UInt32] {
                    #expect(try await world.isWhole(number) && world.sink.copies(number) == 1)
                    #expect(await world.state(of: number) == .released)
                }
                #expect(world.sink.report.proven == [1, 2] && world.sink.again.isEmpty)
                #expect(world.sink.events.map(\.number) == Array(1...(await world.card.report().lastEvent)))
                #expect(world.card.mishaps.hits.values.reduce(0, +) == 1)
            }
        }
    }

    @Test(arguments: [CardMishap.clockShows(DriverWorld.noon.advanced(by: 9_000_000)), .clockUnset])
    func aClockThatGoesWrongIsSetAgainAndLogged(mishap: CardMishap) throws {
        try DriverWorld.run { world in
            try await world.card.setClock(DriverWorld.noon)
            world.card.mishaps.arm(mishap, at: .response(.acknowledgeEvents, 1))
            try await world.record(seconds: 1)
            #expect(try await world.session().end == .complete)
            #expect(try await world.session().end == .complete)
            guard case .utc(let now) = await world.card.report().time.reading else {
                Issue.record("the clock is not set")
                return
            }
            #expect(abs(now.milliseconds - world.wallClock.now().milliseconds) < 1000)
            let settings = world.sink.events.count { if case .clockSet = $0.what { true } else { false } }
            #expect(settings == 2 && world.card.mishaps.hits == [mishap.name: 1])
            #expect(try await world.isWhole(1))
        }
    }

    @Test func aFullCardIsMadeRoomOn() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 2)
            try await world.card.suffer(.full)
            await #expect(throws: SoftwareCardError.self) { try await world.record(seconds: 1) }
            #expect(try await world.session().end == .complete)
            let whole = try await world.isWhole(1)
            #expect(whole && world.sink.events.contains { $0.what == .storageFull })
            #expect(try await world.record(seconds: 1) == 2)
            #expect(try await world.session().end == .complete)
            #expect(world.sink.report.proven == [1, 2] && world.sink.copies(1) == 1)
        }
    }

    /// In the middle of its transfer, and right before its READ.
    @Test(arguments: [CardMishap.delete(.current), .lose(.current)], [CardMishap.Moment.value(3), .request(.read, firstRecording)])
    func aRecordingThatGoesUnderOurHandsHoldsUpNobody(mishap: CardMishap, moment: CardMishap.Moment) throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 3)
            try await world.record(seconds: 1)
            world.card.mishaps.arm(mishap, at: moment)
            let report = try await world.session()
            #expect(report.end == .complete && report.recordingsReleased == 1)
            #expect(world.sink.stored(1) == nil && world.sink.report.proven == [2])
            #expect(try await world.isWhole(2))
            #expect(world.sink.events.contains { $0.what == (mishap == .delete(.current) ? .deletedByUser(1) : .lost(1)) })
            let causes = world.sink.calls.compactMap { if case .hindered(1, let cause) = $0 { cause } else { nil } }
            #expect(causes.count == 1 && world.card.mishaps.hits == [mishap.name: 1])
            #expect(try await world.session().end == .complete)
            #expect(await world.card.report().lastAcknowledged == world.card.report().lastEvent)
        }
    }

    @Test(arguments: [CardMishap.Moment.value(3), .request(.read, firstRecording), .response(.read, firstRecording), .request(.release, 1)])
    func aBlockThatGoesBadMeanwhileIsTakenAsItIsNow(moment: CardMishap.Moment) throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 3)
            world.card.mishaps.arm(.damage(.current), at: moment)
            let reports = [try await world.session(), try await world.session()]
            #expect(reports.map(\.end) == [.complete, .complete])
            #expect(world.sink.report.proven == [1] && world.sink.report.disputed.isEmpty, "\(moment)")
            #expect(try await world.isWhole(1))
            #expect(await world.state(of: 1) == .released)
            // Before RELEASE the good bytes were stored already: both copies are kept.
            #expect(world.sink.copies(1) == (moment == .request(.release, 1) ? 2 : 1))
        }
    }

    @Test func aWrongDigestInOneListCostsOnePull() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.card.digestFaults.set(.listOnce, of: 1)
            let report = try await world.session()
            #expect(report.end == .complete && report.recordingsReleased == 1)
            #expect(world.sink.report.disputed.isEmpty && world.sink.copies(1) == 1 && world.card.digestFaults.hits == 1)
            #expect(try await world.isWhole(1))
        }
    }

    @Test func anOverflownLogIsAGapAndNothingElse() throws {
        try DriverWorld.run(card: { $0.eventCapacity = 256 }) { world in
            for _ in 0..<300 { _ = try await world.card.press(.assistant, .press) }
            #expect(try await world.session().end == .complete)
            try await world.card.suffer(.overflow(keeping: 0))
            for _ in 0..<5 { _ = try await world.card.press(.side, .long) }
            try await world.card.suffer(.overflow(keeping: 2))
            #expect(try await world.session().end == .complete)
            let last = await world.card.report().lastEvent
            // Power-on and the first presses when the clock was set, then three that nobody had seen.
            #expect(Set(1...last).subtracting(world.sink.events.map(\.number)) == Set(1...46).union(last - 4...last - 2))
            #expect(await world.card.report().lastAcknowledged == last)
            // All that is new is lost, and nothing comes after it: nobody waits for it.
            for _ in 0..<3 { _ = try await world.card.press(.side, .press) }
            try await world.card.suffer(.overflow(keeping: 0))
            let lost = await world.card.report().lastEvent
            #expect(try await world.session().end == .complete)
            #expect(world.sink.calls.contains(.readLog(upTo: lost)) && lost == last + 3)
        }
    }

    @Test(arguments: [CardMishap.Moment.value(3), .request(.read, 2), .request(.release, 1), .response(.acknowledgeEvents, 1)])
    func aFormattedCardBeginsAnew(moment: CardMishap.Moment) throws {
        for endsLink in [true, false] {
            try DriverWorld.run { world in
                try await world.record(seconds: 2)
                let generation = await world.card.report().generation
                let bytes = try await world.card.object(1)
                world.card.mishaps.arm(.format(endsLink: endsLink), at: moment)
                let first = try await world.session()
                if case .link = first.end { #expect(endsLink) } else { #expect(!endsLink) }
                #expect(await world.card.report().generation != generation)
                try await world.record(seconds: 1)
                _ = try await world.card.press(.assistant, .press)
                #expect(try await world.session().end == .complete)
                #expect(try await world.isWhole(1) && world.sink.copies(1) == 1)
                #expect(world.sink.events.map(\.number) == Array(1...(await world.card.report().lastEvent)))
                #expect(world.sink.former.count == 1)
                // What was stored before is what there was then.
                #expect(world.sink.former.allSatisfy { $0.copies[1].map { $0 == [bytes] } ?? true })
            }
        }
    }

    /// Formatted behind our back, it lists other recordings by the same numbers: none of them is taken for those of the session.
    @Test(arguments: 1...firstRecording) func aCardThatIsFormattedInMidSessionIsFoundOut(read: Int) throws {
        try DriverWorld.run { world in
            for _ in 0..<3 { try await world.record(seconds: 1) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await world.card.when { _ in world.card.mishaps.waiting == 0 ? () : nil }
                    for _ in 0..<3 { try await world.record(seconds: 1.5) }
                }
                world.card.mishaps.arm(.format(endsLink: false), at: .request(.read, read))
                let end = try await world.session().end
                if read < Self.firstRecording {
                    guard case .protocolViolation(let what) = end else { throw Unexpected(end: end) }
                    #expect(what.contains("formatted"))
                }
                #expect(world.sink.former.isEmpty && [1, 2, 3].allSatisfy { world.sink.stored($0) == nil })
                try await group.waitForAll()
            }
            #expect(try await world.session().end == .complete)
            for number in 1...3 as ClosedRange<UInt32> { #expect(try await world.isWhole(number)) }
            #expect(world.sink.events.first?.what == .formatted(last: 3))
        }
    }

    /// Its Status counts the events of the new storage: none of them was one of the old.
    @Test func whatAStatusSaysIsOfTheSessionsGeneration() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.card.mishaps.arm(.format(endsLink: false), at: .response(.setTime, 1))
            guard case .protocolViolation = try await world.session().end else { throw Unexpected(end: .complete) }
            #expect(world.card.mishaps.hits == ["format in session": 1])
            #expect(!world.sink.calls.contains { if case .noted = $0 { true } else { false } })
        }
    }

    private struct Unexpected: Error { let end: SessionReport.End }

    @Test func pressesUnderNumbersThatWereUsedAreTaken() throws {
        try DriverWorld.run { world in
            for _ in 0..<6 { _ = try await world.card.press(.side, .press) }
            #expect(try await world.session().end == .complete)
            let held = world.sink.events
            try await world.card.suffer(.countsAgain(4))
            // The first two have numbers that were used; then the session sees one that is new as well.
            for _ in 0..<2 { _ = try await world.card.press(.assistant, .double) }
            #expect(try await world.session().end == .complete)
            #expect(world.sink.again.map(\.number) == held.suffix(4).prefix(2).map(\.number) && world.sink.events == held)
            let acknowledged = await world.card.report().lastAcknowledged
            #expect(acknowledged == world.sink.again.last?.number, "the card may forget them")
            for _ in 0..<3 { _ = try await world.card.press(.assistant, .triple) }
            #expect(try await world.session().end == .complete)
            #expect(world.sink.again.count == 4 && world.sink.events.count == held.count + 1)
            let presses = (world.sink.events + world.sink.again).count { if case .button = $0.what { true } else { false } }
            #expect(presses == 11)
        }
    }

    @Test func aCardThatSaysItIsAnotherGivesNothing() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            #expect(try await world.session().end == .complete)
            try await world.record(seconds: 1)
            let calls = world.sink.calls.count
            let other = try #require(CardSerial("B2-0001"))
            world.card.mishaps.show(other)
            #expect(try await world.session().end == .custody(.serialRefused(paired: CardSerial("A1-0007"), said: other)))
            #expect(world.sink.calls.count == calls && world.card.mishaps.hits["serial of another"] == 1)
            world.card.mishaps.clear()
            #expect(try await world.session().end == .complete)
            #expect(try await world.isWhole(2))
        }
    }

    @Test(arguments: ListFaults.Lie.allCases) func aListThatLiesHoldsUpNobodyForLong(lie: ListFaults.Lie) throws {
        try DriverWorld.run { world in
            for _ in 0..<3 { try await world.record(seconds: 1) }
            world.card.listFaults.set(lie, of: 2)
            let end = try await world.session().end
            #expect(world.card.listFaults.hits[lie] ?? 0 > 0)
            if lie == .malformed { #expect(end != .complete) } else { #expect(world.sink.report.proven.isSuperset(of: [1, 3])) }
            switch lie {
            case .otherTime: #expect(world.sink.report.proven == [1, 2, 3])
            case .shorter: #expect(world.sink.report.disputed == [2])
            case .longer:
                #expect(world.sink.calls.contains { if case .hindered(2, let cause) = $0 { cause.contains("has no more than") } else { false } })
            case .huge:
                guard case .protocolViolation(let what) = end else { throw Unexpected(end: end) }
                #expect(what.contains("Recording 2"))
            case .hidden, .malformed: #expect(world.sink.stored(2) == nil)
            }
            world.card.listFaults.clear()
            #expect(try await world.session().end == .complete)
            for number in 1...3 as ClosedRange<UInt32> where lie != .shorter || number != 2 {
                #expect(try await world.isWhole(number))
                #expect(await world.state(of: number) == .released)
            }
        }
    }
}
