import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

@Suite struct FaultTests {
    /// Losing the link once at every so many bytes: the next session goes on there, and no byte is sent twice.
    @Test(arguments: [0, 1, 3, 100, 239, 240, 241, 488, 1000, 2047, 4096, 7000, 9999])
    func aLinkLostAtAnyByteIsResumedThere(bytes: Int) throws {
        try DriverWorld.run(seed: UInt64(bytes) + 1) { world in
            try await world.record(seconds: 4)
            // Let events and lists be over before the count begins: they are read again in each session.
            world.faults.loseLink(afterBytes: 400 + bytes, on: RecorderAttributes.transfer)
            let reports = try await world.sessions()
            #expect(reports.count == 2 && reports.last?.end == .complete)
            #expect(try await world.isWhole(1))
            #expect(await world.state(of: 1) == .released)
            #expect(world.sink.report.appended == UInt64(try await world.card.object(1).count), "no byte came twice")
            #expect(world.faults.report.linkLosses == 1)
            #expect(world.sink.events.map(\.number) == Array(1...(await world.card.report().lastEvent)))
        }
    }

    @Test(arguments: 1...8)
    func aLinkThatIsLostAgainAndAgainAndAMachineThatCrashesGetThere(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            try await world.record(seconds: 3)
            try await world.record(seconds: 2)
            for loss in 0..<12 { world.faults.loseLink(afterBytes: 500 * (loss + 1) + Int(seed) * 37, on: RecorderAttributes.transfer) }
            let reports = try await world.sessions(crashing: seed % 2 == 0)
            #expect(reports.last?.end == .complete && reports.count > 3)
            for number in [1, 2] as [UInt32] {
                #expect(try await world.isWhole(number))
                #expect(await world.state(of: number) == .released)
            }
            #expect(world.sink.report.proven == [1, 2] && world.sink.copies(1) == 1 && world.sink.copies(2) == 1)
        }
    }

    @Test(arguments: 1...8)
    func droppedNotificationsAreSeenAndReadAgain(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            try await world.record(seconds: 5)
            let activities = Watcher()
            for drop in 0..<4 { world.faults.drop(1 + drop, after: 3 + Int(seed) * 2 + drop * 17, of: RecorderAttributes.transfer) }
            let report = try await activities.watch(world) { try await world.session() }
            #expect(report.end == .complete && report.gaps >= 1 && world.faults.report.droppedValues >= 3)
            #expect(try await world.isWhole(1))
            #expect(world.sink.report.appended == UInt64(try await world.card.object(1).count), "what came before a gap is kept")
            #expect(activities.seen.contains { if case .gap(recording: 1, _) = $0 { true } else { false } })
        }
    }

    /// The link answers, and not one value comes: as when the socket of values is no longer fed.
    @Test func transfersThatAreAgreedToAndNeverComeAreNamed() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 2)
            world.faults.drop(1000, of: RecorderAttributes.transfer)
            guard case .link(let error) = try await world.session().end else {
                Issue.record("the session ended otherwise")
                return
            }
            #expect(error.failure == .muteSocket, "\(error)")
        }
    }

    @Test(arguments: 1...4)
    func valuesThatComeSwappedAndTwiceAreNoGap(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            try await world.record(seconds: 5)
            let swapped = Swapper(every: 3 + Int(seed))
            world.air.set { number, value in swapped.carry(number, value) }
            let report = try await world.session()
            #expect(report.end == .complete && report.gaps == 0 && report.repeatedBytes == 0)
            #expect(try await world.isWhole(1))
            #expect(swapped.swaps > 3)
        }
    }

    @Test func aWrongChecksumThrowsThePieceAway() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 4)
            let activities = Watcher()
            world.air.set { number, value in
                // The tenth value of a recording's transfer, damaged once.
                guard number == 12, value.count > 100 else { return [value] }
                var value = value
                value[60] ^= 0x40
                return [value]
            }
            let report = try await activities.watch(world) { try await world.session() }
            #expect(report.end == .complete && report.repeatedBytes > 0)
            #expect(try await world.isWhole(1))
            #expect(activities.seen.contains(.checksumWrong(recording: 1)))
            #expect(world.sink.calls.contains(.discarded(1, backTo: 0)))
        }
    }

    @Test func aCardThatRefusesTheDigestOnceIsPulledAgain() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.card.digestFaults.set(.refuseOnce, of: 1)
            let report = try await world.session()
            #expect(report.end == .complete && report.recordingsStored == 2 && report.recordingsReleased == 1)
            #expect(world.sink.copies(1) == 2 && world.sink.report.proven == [1])
            #expect(try await world.isWhole(1))
            #expect(await world.state(of: 1) == .released)
        }
    }

    @Test(arguments: [DigestLie.always, .list])
    func aCardThatAlwaysLiesKeepsItsCopyAndHoldsUpNobody(lie: DigestLie) throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            try await world.record(seconds: 1)
            world.card.digestFaults.set(lie == .always ? .refuseAlways : .list, of: 1)
            let report = try await world.session()
            #expect(report.end == .complete)
            #expect(world.sink.report.disputed == [1] && world.sink.report.proven == [2])
            #expect(await world.state(of: 1) == .held)
            #expect(await world.state(of: 2) == .released)
            let pulled = world.sink.report.appended
            #expect(try await world.session().end == .complete)
            #expect(world.sink.report.appended == pulled, "what is disputed is not pulled again and again")
        }
    }

    enum DigestLie: Sendable { case always, list }

    @Test(arguments: 1...4)
    func aCardThatRebootsIsResumed(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            try await world.record(seconds: 8)
            world.faults.setRate(20_000)
            let first = try await withThrowingTaskGroup(of: SessionReport?.self) { group in
                group.addTask { try await world.session() }
                group.addTask {
                    try await world.clock.sleep(for: .milliseconds(300 + Int(seed) * 100))
                    try await world.card.reboot()
                    return nil
                }
                var report: SessionReport?
                for try await result in group { report = result ?? report }
                return report
            }
            guard case .link? = first?.end else {
                Issue.record("the session ended with \(String(describing: first?.end))")
                return
            }
            #expect(world.sink.report.appended > 0)
            #expect(try await world.session().end == .complete)
            #expect(try await world.isWhole(1))
            #expect(world.sink.events.map(\.number) == Array(1...(await world.card.report().lastEvent)))
            #expect(world.sink.events.count { $0.what == .poweredOn } == 2)
        }
    }

    @Test func aSessionThatIsCancelledLeavesNothingBehind() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 8)
            world.faults.setRate(20_000)
            let ended = try await withDeadline(.milliseconds(600), clock: world.clock) { try await world.session() }
            #expect(ended == nil)
            _ = try await world.card.when { $0.isConnected ? nil : () }
            #expect(world.sink.report.appended > 0)
            world.faults.setRate(nil)
            #expect(try await world.session().end == .complete)
            #expect(try await world.isWhole(1))
        }
    }

    /// Whatever comes, the session ends by itself, and nothing false is stored.
    @Test(arguments: [RecorderAttributes.transfer, RecorderAttributes.controlPoint, RecorderAttributes.events, RecorderAttributes.status], 1...8)
    func garbageEndsASessionAndIsNeverStored(characteristic: CharacteristicID, seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            try await world.record(seconds: 2)
            let draws = Draws(seed)
            world.air.set(on: characteristic) { _, value in
                var value = value
                switch draws.next() % 6 {
                case 0: return []
                case 1: value = Array(value.prefix(Int(draws.next() % 8)))
                case 2: value[min(value.count - 1, Int(draws.next() % 8))] ^= UInt8(truncatingIfNeeded: draws.next())
                case 3: return [value, value]
                case 4: value = value.map { _ in UInt8(truncatingIfNeeded: draws.next()) }
                default: break
                }
                return [value]
            }
            _ = try await world.session()
            if world.sink.stored(1) != nil { #expect(try await world.isWhole(1)) }
            world.air.set(nil)
            // The card is as it was, and what was spoilt is mended.
            let after = try await world.sessions(atMost: 5)
            #expect(after.last?.end == .complete)
            #expect(try await world.isWhole(1) || world.sink.report.unreadable.contains(1))
        }
    }
}
