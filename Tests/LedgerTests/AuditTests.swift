import Bytes
import Ledger
import Recordings
import TestSupport
import Testing

/// Each exception of the equation "started on the cards = held here = delivered", in the spans, for the people and on the cards it belongs to.
@Suite struct AuditTests {
    typealias World = LedgerWorld

    static func minute(_ minutes: Int64) -> UTCTime { TestMachine.morning.advanced(by: minutes * 60_000) }

    static func deliver(_ world: World) async throws {
        let job = try await world.claim("upload")
        let recording = try #require(job.job.recording)
        let digest = try #require(try await world.ledger.recording(recording).sha256)
        var result = JobResult()
        result.delivery = DeliveryClaim(destination: "archive", object: "x", sha256: digest, size: 100)
        _ = try await world.finish(job, result)
    }

    /// `[started, held, delivered, unexplained]`, all storages together.
    static func sums(_ world: World, _ scope: AuditScope = AuditScope()) async throws -> [Int] {
        let cards = try await world.ledger.audit(scope).cards
        return [cards.map(\.started), cards.map(\.held), cards.map(\.delivered), cards.map(\.unexplained)].map { $0.reduce(0, +) }
    }

    @Test func aSpanCountsWhatStartedInIt() async throws {
        let world = try await World()
        for number in UInt32(1)...4 { try await world.store(number) }
        try await Self.deliver(world)
        #expect(try await Self.sums(world) == [4, 4, 1, 0])
        #expect(try await Self.sums(world, AuditScope(since: Self.minute(2))) == [3, 3, 0, 0])
        #expect(try await Self.sums(world, AuditScope(until: Self.minute(2))) == [1, 1, 1, 0])
        #expect(try await Self.sums(world, AuditScope(since: Self.minute(2), until: Self.minute(4))) == [2, 2, 0, 0])
        let none = try await world.ledger.audit(AuditScope(since: Self.minute(5)))
        #expect(none.cards.map(\.started) == [0], "a paired card stands there with when it was last met")
        #expect(none.cards.map(\.seen) == [world.machine.now])
        #expect(none.exceptions.isEmpty)
    }

    @Test func whatHasNoKnownTimeCountsWhereverItMayBelong() async throws {
        let world = try await World()
        // 2 has no clock; 3 was never listed; both lie between the start of 1 and when the card was met.
        world.machine.advance(by: .seconds(3600))
        _ = try await world.plan([World.entry(1), World.entry(2, started: CardTime(.sincePowerOn(milliseconds: 5), boot: 9)), World.entry(4)])
        _ = try await world.plan([World.entry(1), World.entry(4)])
        #expect(try await world.state(of: 2) == .vanished)
        for (scope, count) in [
            (AuditScope(), 2), (AuditScope(since: Self.minute(30)), 2), (AuditScope(since: Self.minute(60)), 2),
            (AuditScope(since: Self.minute(61)), 0), (AuditScope(until: Self.minute(1)), 0), (AuditScope(until: Self.minute(2)), 2),
        ] {
            let report = try await world.ledger.audit(scope)
            #expect(report.unexplained == count, "\(scope)")
            #expect(report.exceptions.filter { $0.kind == .unexplained }.map(\.what) == (count == 0 ? [] : ["anna/2", "anna/3"]))
            #expect(report.cards.map(\.undated) == [count])
        }
    }

    @Test func aClockThatWasAheadHidesNothing() async throws {
        let world = try await World()
        let wrong = CardTime(.utc(Self.minute(100_000)), boot: 1)
        _ = try await world.plan([World.entry(1, started: wrong), World.entry(3)])
        let early = try await world.ledger.audit(AuditScope(until: Self.minute(-1000)))
        #expect(early.exceptions.map(\.what) == ["anna/2"])
        #expect(early.unexplained == 1)
    }

    /// First seen at nine by a clock that was two hours behind, and set before it was stored: it may have started at half past ten.
    @Test func aClockHereThatWasBehindHidesNothing() async throws {
        let world = try await World()
        let entry = World.entry(1, started: CardTime(.sincePowerOn(milliseconds: 5), boot: 9))
        _ = try await world.plan([entry])
        world.machine.advance(by: .seconds(7200))
        let pull = try await world.ledger.beginPull(entry, of: world.life)
        _ = try await world.ledger.judge(pull.id, sha256: World.digest(1), size: 100)
        _ = try await world.ledger.store(pull.id, sha256: World.digest(1), size: 100, disputed: false, policy: .stored)
        #expect(try await Self.sums(world, AuditScope(since: Self.minute(90))) == [1, 1, 0, 0])
        #expect(try await Self.sums(world, AuditScope(since: Self.minute(121))) == [0, 0, 0, 0])
    }

    @Test func eachHolderAnswersForHisTime() async throws {
        let world = try await World()
        let anna = try await world.ledger.addHolder(handle: "anna@example.com", name: "Anna", groups: [])
        let ben = try await world.ledger.addHolder(handle: "ben@example.com", name: "Ben", groups: [])
        let carol = try await world.ledger.addHolder(handle: "carol@example.com", name: "Carol", groups: [])
        try await world.ledger.assign(world.life.card, to: anna.id, from: Self.minute(0))
        try await world.ledger.assign(world.life.card, to: ben.id, from: Self.minute(3))
        world.machine.advance(by: .seconds(600))
        for number in UInt32(1)...4 { try await world.store(number) }
        _ = try await world.plan((1...4).map { World.entry($0) } + [World.entry(6)])
        #expect(try await Self.sums(world, AuditScope(holder: anna.id)) == [2, 2, 0, 0])
        #expect(try await Self.sums(world, AuditScope(holder: ben.id)) == [4, 2, 0, 1], "3, 4, 6, and 5, which he may have recorded")
        #expect(try await Self.sums(world, AuditScope(since: Self.minute(4), holder: ben.id)) == [3, 1, 0, 1])
        #expect(try await world.ledger.audit(AuditScope(holder: carol.id)).cards.isEmpty, "she never carried it")
        // Once 5 lies between two hands, both are asked.
        let clockless = CardTime(.sincePowerOn(milliseconds: 1), boot: 7)
        _ = try await world.plan((1...4).map { World.entry($0) } + [World.entry(5, started: clockless), World.entry(6)])
        try await world.ledger.assign(world.life.card, to: carol.id, from: Self.minute(6))
        #expect(try await Self.sums(world, AuditScope(holder: ben.id)) == [3, 2, 0, 0])
        #expect(try await Self.sums(world, AuditScope(holder: carol.id)) == [2, 0, 0, 0])
    }

    @Test func eachStateIsNamed() async throws {
        let world = try await World()
        for number in UInt32(1)...3 { try await world.store(number) }
        try await Self.deliver(world)
        try await world.ledger.noteMissing(try await world.ledger.recording(named: "anna/2").id, cause: "Its file is gone.")
        let third = try await world.ledger.recording(named: "anna/3").id
        #expect(try await world.ledger.answer(third, .digestDiffers) == .pullAgain)
        _ = try await world.plan(
            [
                World.entry(1), World.entry(4, flags: .inProgress), World.entry(5, size: 0, flags: .deletedByUser),
                World.entry(6, size: 0, flags: .lost),
            ],
            released: [World.entry(7, flags: [.complete, .released])])
        let report = try await world.ledger.audit()
        let named = Dictionary(uniqueKeysWithValues: report.exceptions.map { ($0.what, $0.kind) })
        #expect(
            named == [
                "anna/2": .unexplained, "anna/3": .waiting, "anna/4": .waiting, "anna/5": .explained, "anna/6": .explained, "anna/7": .explained,
            ])
        #expect(report.exceptions.allSatisfy { !$0.cause.isEmpty && $0.recording != nil })
        #expect(report.exceptions.map(\.kind) == report.exceptions.map(\.kind).sorted { Self.rank($0) < Self.rank($1) })
        #expect(report.cards.map { [$0.started, $0.held, $0.delivered, $0.waiting, $0.explained, $0.unexplained] } == [[7, 2, 1, 2, 3, 1]])
    }

    private static func rank(_ kind: AuditReport.Exception.Kind) -> Int { AuditReport.Exception.Kind.allCases.firstIndex(of: kind) ?? .max }

    @Test func aDeliveryThatWasGivenUpIsSaid() async throws {
        let world = try await World()
        try await world.store(1)
        let job = try await world.claim("upload")
        _ = try await world.ledger.fail(job.job.id, token: job.token, reason: ForeignText("no \u{1B}room"), retry: false)
        let exception = try #require(try await world.ledger.audit().exceptions.first)
        #expect(exception.cause == "Held here; its delivery was given up: no \\u{1b}room")
        #expect(try await world.ledger.receipt(of: "anna/1").missing.last?.what.contains("no \\u{1b}room") == true)
    }

    @Test func gapsOfEventsBelongToTheirTime() async throws {
        let world = try await World()
        world.machine.advance(by: .seconds(3600))
        // Event N is N seconds after nine; 3 and 7 to 8 are not there; 11 and 12 are still on the card.
        try await world.ledger.note(lastEvent: 12, acknowledgedByAnyone: 0, of: world.life)
        for number in [UInt32(1), 2, 4, 5, 6, 9, 10] { _ = try await world.commit(World.event(number, .poweredOn)) }
        func events(_ scope: AuditScope) async throws -> (counts: [Int], named: [String]) {
            let report = try await world.ledger.audit(scope)
            return (report.cards.flatMap { [$0.events, $0.eventsHeld, $0.waiting, $0.unexplained] }, report.exceptions.map(\.what))
        }
        let all = try await events(AuditScope())
        #expect(all == ([12, 7, 2, 3], ["anna event 3", "anna events 7-8", "anna events 11-12"]))
        let late = try await events(AuditScope(since: TestMachine.morning.advanced(by: 5000)))
        #expect(late == ([9, 4, 2, 3], ["anna event 3", "anna events 7-8", "anna events 11-12"]), "3 may have come as late as when 4 was received")
        let early = try await events(AuditScope(until: TestMachine.morning.advanced(by: 6000)))
        #expect(early == ([5, 4, 0, 1], ["anna event 3"]))
        let later = try await events(AuditScope(since: Self.minute(61)))
        #expect(later == ([2, 0, 2, 0], ["anna events 11-12"]))
    }

    /// A card whose log ran over, or was lost, while none of its events is new: nobody waits for what is not there.
    @Test func whatAReadLogDoesNotHaveIsNotWaitedFor() async throws {
        let world = try await World()
        _ = try await world.commit(World.event(1, .poweredOn))
        // A hint speaks of more than Status told of: it counts for nothing.
        try await world.ledger.logWasRead(upTo: 9, of: world.life)
        try await world.ledger.note(lastEvent: 5, acknowledgedByAnyone: 0, of: world.life)
        var report = try await world.ledger.audit()
        #expect(report.exceptions.map(\.kind) == [.waiting])
        try await world.ledger.logWasRead(upTo: 5, of: world.life)
        report = try await world.ledger.audit()
        #expect(report.exceptions.map(\.kind) == [.unexplained] && report.exceptions.map(\.what) == ["anna events 2-5"])
        #expect(report.exceptions.first?.cause == "The card gave out these numbers and had no such events any more.")
        try await world.ledger.note(lastEvent: 7, acknowledgedByAnyone: 0, of: world.life)
        report = try await world.ledger.audit()
        #expect(report.cards.map { [$0.events, $0.eventsHeld, $0.waiting, $0.unexplained] } == [[7, 1, 2, 4]])
    }

    @Test func whatAFormatTookIsNamedOnceItsStorageIsOld() async throws {
        let world = try await World()
        try await world.ledger.note(lastEvent: 5, acknowledgedByAnyone: 0, of: world.life)
        _ = try await world.commit(World.event(1, .poweredOn), World.event(2, .poweredOn))
        #expect(try await world.ledger.audit().exceptions.map(\.kind) == [.waiting])
        world.machine.advance(by: .seconds(1))
        let next = CardLife(card: world.life.card, generation: Generation(serial: world.life.generation.serial, number: 7))
        _ = try await world.ledger.open(next)
        _ = try await world.ledger.commit([World.event(1, .formatted(last: 0))], of: next, received: world.machine.now)
        let report = try await world.ledger.audit()
        #expect(report.cards.map(\.generation.number) == [world.life.generation.number, 7])
        #expect(report.exceptions.map(\.kind) == [.explained])
        #expect(report.exceptions.first?.cause == "The card's storage was formatted before they were read.")
        #expect(report.cards.map { [$0.events, $0.eventsHeld] } == [[5, 2], [1, 1]])
    }

    @Test func aForgottenCardKeepsItsAudit() async throws {
        let world = try await World()
        try await world.store(1)
        _ = try await world.plan([World.entry(1), World.entry(2)])
        try await world.ledger.forget(world.life.card)
        let report = try await world.ledger.audit()
        #expect(report.exceptions.last?.cause == "Still on the card, which was forgotten here: pair it again.")
        #expect(try await Self.sums(world, AuditScope(card: world.life.card)) == [2, 1, 0, 0])
        #expect(await code { _ = try await world.ledger.audit(AuditScope(card: .make(at: Self.minute(0)))) } == .notFound)
    }

    @Test(arguments: [1, 2, 3, 7, 500]) func exceptionsComePageByPageEachOnce(limit: Int) async throws {
        let world = try await World()
        _ = try await world.commit(World.event(2, .poweredOn), World.event(4, .poweredOn), World.event(9, .poweredOn))
        _ = try await world.plan([2, 4, 5, 6].map { World.entry($0) } + [World.entry(8, size: 0, flags: .lost)])
        _ = try await world.plan([4, 5].map { World.entry($0) } + [World.entry(8, size: 0, flags: .lost)])
        let expected = [
            "anna/2", "anna/6", "anna/1", "anna/3", "anna/7", "anna event 1", "anna event 3", "anna events 5-8", "anna/4", "anna/5", "anna/8",
        ]
        let report = try await world.ledger.audit(limit: limit)
        var found = report.exceptions
        var next = report.next
        while let cursor = next {
            let page = try await world.ledger.exceptions(AuditScope(), limit: limit, after: cursor)
            #expect(page.items.count <= limit)
            found += page.items
            next = page.next
        }
        #expect(found.map(\.what) == expected)
        #expect(found.filter { $0.kind == .unexplained }.reduce(0) { $0 + $1.count } == report.unexplained)
        for nonsense in ["", "x", "waiting.card_1.1.recordings.1", "waiting.\(CardID.make(at: Self.minute(0))).1.recordings.1"] {
            #expect(await code { _ = try await world.ledger.exceptions(AuditScope(), after: nonsense) } == .invalid)
        }
    }
}
