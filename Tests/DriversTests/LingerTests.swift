import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// A session that stays linked, and a card with an owner.
@Suite struct LingerTests {
    /// Lets a session linger while `body` runs, then asks it to yield.
    static func lingering(_ world: DriverWorld, _ body: @escaping @Sendable () async throws -> Void) async throws -> SessionReport {
        try await withThrowingTaskGroup(of: SessionReport?.self) { group in
            group.addTask { try await world.session(lingers: true) }
            group.addTask {
                try await body()
                world.agenda.askToYield()
                return nil
            }
            var report: SessionReport?
            for try await result in group { report = result ?? report }
            guard let report else { throw CancellationError() }
            return report
        }
    }

    static func until(_ world: DriverWorld, _ isTrue: @escaping @Sendable () async throws -> Bool) async throws {
        while try await !isTrue() { try await world.clock.sleep(for: .milliseconds(10)) }
    }

    @Test(arguments: 1...4)
    func newEventsAndRecordingsAreTakenAsTheyCome(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            let report = try await Self.lingering(world) {
                try await Self.until(world) { world.sink.calls.contains(.planned) }
                for gesture in [.press, .double, .long] as [Gesture] {
                    let pressed = try await world.card.press(.assistant, gesture)
                    let at = world.clock.now
                    try await Self.until(world) { world.sink.report.acknowledged >= pressed.event }
                    #expect(at.duration(to: world.clock.now) < .seconds(2), "a press is taken at once")
                }
                let number = try await world.record(seconds: 1)
                try await Self.until(world) { world.sink.report.proven.contains(number) }
                #expect(try await world.isWhole(number))
            }
            #expect(report.end == .complete && report.recordingsReleased == 1)
            #expect(world.sink.events.map(\.number) == Array(1...(await world.card.report().lastEvent)))
        }
    }

    /// A Status that is notified within a second of the one before is not left to the keep-alive.
    @Test(arguments: 1...4)
    func recordingsThatComeCloseTogetherAreTakenAtOnce(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            _ = try await Self.lingering(world) {
                try await Self.until(world) { world.sink.calls.contains(.planned) }
                for _ in 1...4 {
                    let number = try await world.record(seconds: 1)
                    let at = world.clock.now
                    try await Self.until(world) { world.sink.report.proven.contains(number) }
                    #expect(at.duration(to: world.clock.now) < .seconds(10))
                }
            }
        }
    }

    @Test func actionsReachTheCardAndTheirResultsComeBack() throws {
        try DriverWorld.run { world in
            let results = Results()
            let report = try await Self.lingering(world) {
                #expect(world.agenda.add(.screen(ScreenNote("Memo kept"))) { results.add($0) } != nil)
                #expect(world.agenda.add(.find(seconds: 5)) { results.add($0) } != nil)
                #expect(world.agenda.add(.record(.mark)) { results.add($0) } != nil)
                #expect(world.agenda.add(.record(.start)) { results.add($0) } != nil)
                try await Self.until(world) { results.all.count == 4 }
            }
            #expect(report.end == .complete)
            #expect(results.all == [.done(recording: 0), .done(recording: 0), .refused(result: 3), .done(recording: 1)])
            #expect(await world.card.report().lines.joined().contains("Memo kept"))
            #expect(await world.state(of: 1) == .inProgress)
        }
    }

    @Test func whatACardDoesNotOfferIsNotAskedOfIt() throws {
        try DriverWorld.run(card: { $0.capabilities = [] }) { world in
            let results = Results()
            let report = try await Self.lingering(world) {
                for action in [.screen(ScreenNote("x")), .find(seconds: 1), .record(.start)] as [CardAction] {
                    #expect(world.agenda.add(action) { results.add($0) } != nil)
                }
                try await Self.until(world) { results.all.count == 3 }
            }
            #expect(report.end == .complete && results.all == [.notOffered, .notOffered, .notOffered])
        }
    }

    @Test func anActionWhoseLinkIsLostWaitsForTheNext() throws {
        try DriverWorld.run { world in
            let results = Results()
            // The response to the first action is lost with the link.
            world.faults.loseLink(afterBytes: 0, on: RecorderAttributes.controlPoint)
            #expect(world.agenda.add(.find(seconds: 5)) { results.add($0) } != nil)
            guard case .link = try await world.session().end else {
                Issue.record("the link was not lost")
                return
            }
            #expect(results.all.isEmpty && !world.agenda.isEmpty)
            #expect(try await world.session().end == .complete)
            #expect(results.all == [.done(recording: 0)])
        }
    }

    @Test func anActionThatIsGivenUpWhileASessionHasItDoesNotComeBack() throws {
        let agenda = CardAgenda()
        let id = try #require(agenda.add(.record(.start)) { _ in })
        let item = try #require(agenda.take())
        agenda.remove(id)
        agenda.putBack(item)
        #expect(agenda.isEmpty)
    }

    @Test func aSessionEndsByItselfAfterFifteenMinutes() throws {
        try DriverWorld.run { world in
            let start = world.clock.now
            let report = try await world.session(lingers: true)
            let lasted = start.duration(to: world.clock.now)
            #expect(report.end == .complete && report.sawEverything)
            #expect(lasted >= Limits.session && lasted < Limits.session + .seconds(60))
            // That the card let it last shows that Status was read: it drops a link on which nothing is said for two minutes.
            let looks = world.sink.calls.count { if case .noted = $0 { true } else { false } }
            #expect((1...3).contains(looks), "a Status that says what the last one said is not told again")
        }
    }

    @Test func releasesThatPolicyHeldBackAreAskedForWhileLinked() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.sink.setMayRelease(false)
            let report = try await Self.lingering(world) {
                try await Self.until(world) { world.sink.report.proven == [1] }
            }
            #expect(report.recordingsReleased == 1)
            #expect(await world.state(of: 1) == .released)
        }
    }

    @Test func aCardWithAnOwnerIsReadOnlyWithItsKey() throws {
        let bytes = (0..<32).map { UInt8($0) }
        let key = try #require(OwnerKey(bytes))
        let other = try #require(OwnerKey(bytes.reversed()))
        for (known, isRight) in [(key, true), (other, false), (nil, false)] as [(OwnerKey?, Bool)] {
            try DriverWorld.run(sink: MemorySink(ownerKey: known)) { world in
                try await world.record(seconds: 1)
                try await world.connected { card in
                    try await card.withValues(of: RecorderAttributes.controlPoint, delivery: .sharedAllowed, capacity: 4) { responses in
                        try await card.write(
                            ControlRequest.own(key).bytes(tag: 1), to: RecorderAttributes.controlPoint, within: DriverWorld.patience)
                        let batch = try await responses.next()
                        #expect(batch[0] == [0x88, 1, 0])
                    }
                }
                let report = try await world.session()
                if isRight {
                    #expect(report.end == .complete)
                    #expect(try await world.isWhole(1))
                } else {
                    guard case .refused(let reason) = report.end else {
                        Issue.record("ended with \(report.end)")
                        return
                    }
                    #expect(reason.contains("owner") && report.payloadBytes == 0)
                    #expect(await world.state(of: 1) == .held)
                }
            }
        }
    }

    @Test func aCardWithoutOwnerGetsTheKeyAtItsPairingAlone() throws {
        let key = try #require(OwnerKey([UInt8](repeating: 3, count: 32)))
        try DriverWorld.run(sink: MemorySink(ownerKey: key)) { world in
            try await world.record(seconds: 1)
            #expect(try await world.session().end == .complete)
            #expect(await !world.card.report().hasOwner)
            #expect(world.sink.ownerOutcomes == [])
            let admission = try await world.admission()
            #expect(admission.owner == .set && world.sink.ownerOutcomes == [.has(key)])
            #expect(await world.card.report().hasOwner)
            #expect(try await world.session().end == .complete)
            #expect(world.sink.ownerOutcomes == [.has(key), .has(key)], "the next session proves it")
        }
    }

    /// Somebody has read a card out, bond and all, and speaks for it: the key of its owner is not given away.
    @Test(arguments: [true, false]) func aCardThatHadTheKeyAndSaysThatItHasNoOwnerIsRefused(offersOwner: Bool) throws {
        let key = try #require(OwnerKey([UInt8](repeating: 3, count: 32)))
        let changed: @Sendable (inout CardSettings) -> Void = { if !offersOwner { $0.capabilities.remove(.owner) } }
        try DriverWorld.run(sink: MemorySink(ownerKey: key, wasGiven: true), card: changed) { world in
            try await world.record(seconds: 1)
            let report = try await world.session()
            guard case .refused(let reason) = report.end else {
                Issue.record("ended with \(report.end)")
                return
            }
            #expect(reason.contains("pair it again") && report.payloadBytes == 0)
            #expect(await !world.card.report().hasOwner && world.sink.ownerOutcomes == [])
            #expect(await world.state(of: 1) == .held)
            // A person pairs it again.
            #expect(try await world.admission().owner == (offersOwner ? .set : .notOffered))
        }
    }
}

/// Results in the order in which they came.
final class Results: Sendable {
    private let state = WaitableState([CardActionResult]())

    var all: [CardActionResult] { state.read { $0 } }

    func add(_ result: CardActionResult) { state.change { $0.append(result) } }
}
