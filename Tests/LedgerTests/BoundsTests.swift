import Bytes
import GRDB
import Ledger
import Recordings
import TestSupport
import Testing

private typealias World = LedgerWorld

/// What one card, or one worker, can make the ledger do has an end, and nothing is lost by it.
@Suite struct BoundsTests {
    /// As if the card had brought so many today.
    private static func bring(_ numbers: Int, _ events: Int, _ world: LedgerWorld) throws {
        try DatabaseQueue(path: world.machine.path("ledger.sqlite")).write {
            try $0.execute(sql: "UPDATE card SET day_numbers = ?, day_events = ?", arguments: [numbers, events])
        }
    }

    private static func limits(_ world: LedgerWorld) async throws -> Int {
        try await world.ledger.events(after: 0, EventFilter(types: ["card.limit"])).items.count
    }

    @Test func numbersBeyondADaysWaitOnTheCard() async throws {
        let world = try await LedgerWorld()
        try Self.bring(Limits.numbersPerDay - 2, 0, world)
        let list = (1...4).map { World.entry($0) }
        #expect(try await world.plan(list).count == 2)
        #expect(try await world.plan(list).count == 2, "those that are known go on")
        #expect(try await Self.limits(world) == 1, "said once a day")
        #expect(try await world.ledger.audit().cards.first?.unexplained == 0)
        world.machine.advance(by: .seconds(86_400))
        #expect(try await world.plan(list).count == 4)
        #expect(try await Self.limits(world) == 1)
    }

    @Test func eventsBeyondADaysAreNotAcknowledged() async throws {
        let world = try await LedgerWorld()
        try Self.bring(0, Limits.eventsPerDay - 2, world)
        let log = (1...4).map { World.event($0, .batteryLow) }
        #expect(try await world.ledger.commit(log, of: world.life, received: world.machine.now) == 2)
        #expect(try await world.ledger.commit(log, of: world.life, received: world.machine.now) == 2)
        #expect(try await Self.limits(world) == 1)
        world.machine.advance(by: .seconds(86_400))
        #expect(try await world.ledger.commit(log, of: world.life, received: world.machine.now) == 4)
        #expect(try await world.ledger.events(after: 0, EventFilter(types: ["card.battery"])).items.count == 4)
    }

    /// Numbers that are held already, above one that waits, do not let the card forget that one.
    @Test func whatIsGivenOutAgainWaitsWithoutBeingForgotten() async throws {
        let world = try await LedgerWorld()
        let log = (1...4).map { World.event($0, .batteryLow) }
        #expect(try await world.ledger.commit(log, of: world.life, received: world.machine.now) == 4)
        try Self.bring(0, Limits.eventsPerDay, world)
        let again = World.event(3, .poweredOn, CardTime(.utc(TestMachine.morning.advanced(by: 99_000)), boot: 9))
        #expect(try await world.ledger.commit([again], of: world.life, received: world.machine.now) == 2)
        world.machine.advance(by: .seconds(86_400))
        #expect(try await world.ledger.commit([again], of: world.life, received: world.machine.now) == 4)
        #expect(try await world.ledger.events(after: 0, EventFilter(types: ["card.powered_on"])).items.count == 1)
    }

    /// A log of nothing but clock settings costs two mendings for each start of the card.
    @Test func ofManyClockSettingsTheFirstAndTheLastCount() {
        func set(_ number: UInt32, boot: UInt16, _ minute: Int64) -> CardEvent {
            World.event(
                number, .clockSet(before: CardTime(.sincePowerOn(milliseconds: 0), boot: boot)),
                CardTime(.utc(TestMachine.morning.advanced(by: minute * 60_000)), boot: boot))
        }
        let log = [set(1, boot: 7, 1), set(2, boot: 7, 2), set(3, boot: 8, 3), set(4, boot: 7, 4), World.event(5, .batteryLow)]
        let minutes = ClockReading.ends(of: log).map { ($0.powerOn.milliseconds - TestMachine.morning.milliseconds) / 60_000 }
        #expect(minutes == [1, 3, 4])
    }

    /// Each missing range is copied by itself, and only when it changed.
    @Test func oneMoreGapIsOneMoreCopy() async throws {
        let world = try await LedgerWorld()
        func copied() async throws -> [String] {
            let uncopied = try await world.ledger.uncopied(.everything)
            await world.ledger.didCopy(uncopied.marks)
            return uncopied.extracts.filter { $0.table == "absence" }.map { "\($0.rows.count)" }
        }
        _ = try await world.plan([World.entry(3), World.entry(6)])
        #expect(try await copied() == ["1", "1"])
        _ = try await world.plan([World.entry(3), World.entry(6), World.entry(9)])
        #expect(try await copied() == ["1"])
        _ = try await world.plan([World.entry(2), World.entry(3), World.entry(6), World.entry(9)])
        #expect(try await copied() == ["1"], "1-2 became 1-1")
    }

    @Test func aFileThatIsSentAgainTakesTheFirstOnesPlace() async throws {
        let world = try await LedgerWorld()
        _ = try await world.store(1)
        let job = try await world.claim("decode")
        func receive(_ name: String, _ file: String, size: UInt64 = 44) async throws -> [String] {
            let claim = ArtifactClaim(sha256: World.digest(9), size: size, type: ForeignText("audio/wav"))
            return try await world.ledger.received(artifact: name, claim, file: file, for: job.job.id, token: job.token)
        }
        #expect(try await receive("audio.wav", "art_1") == [])
        #expect(try await receive("audio.wav", "art_2") == ["art_1"])
        #expect(try await world.ledger.artifactFiles() == ["art_2"])
        await #expect(throws: LedgerError.self) { try await receive("large", "art_3", size: UInt64(Ledger.artifactBytesOfJob)) }
        for number in 1..<Ledger.artifactsOfJob { _ = try await receive("part\(number)", "art_\(100 + number)") }
        await #expect(throws: LedgerError.self) { try await receive("one.more", "art_4") }
        #expect(try await world.ledger.artifactFiles().count == Ledger.artifactsOfJob)
    }

    @Test func aResultHasSoManyFurtherJobs() async throws {
        let world = try await LedgerWorld()
        _ = try await world.store(1)
        let job = try await world.claim("decode")
        var result = JobResult()
        result.jobs = (0...Ledger.jobsOfResult).map { _ in FollowUp(queue: "more") }
        await #expect(throws: LedgerError.self) { _ = try await world.finish(job, result) }
        result.jobs.removeLast()
        _ = try await world.finish(job, result)
        #expect(try await world.ledger.jobs(queue: "more").items.count == Ledger.jobsOfResult)
    }
}
