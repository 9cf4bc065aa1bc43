import Bytes
import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// Hosts and cards that do not give what they should.
@Suite struct HostTests {
    static let hints: Set = [RecorderAttributes.events, RecorderAttributes.status]

    @Test func hintsMayComeOverTheSharedPathAndAudioMayNot() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            let held = try await world.session { AwkwardPeripheral(card: $0, held: [RecorderAttributes.transfer]) }
            guard case .link(let error) = held.end else {
                Issue.record("ended with \(held.end)")
                return
            }
            #expect(error.code == .notificationsHeld && held.payloadBytes == 0)
            let report = try await world.session { AwkwardPeripheral(card: $0, held: Self.hints) }
            #expect(report.end == .complete)
            #expect(try await world.isWhole(1))
            let altogether = try await world.session { AwkwardPeripheral(card: $0, heldAltogether: Self.hints) }
            guard case .link = altogether.end else {
                Issue.record("ended with \(altogether.end)")
                return
            }
        }
    }

    @Test func eachValueComesOverThePathItShould() throws {
        try DriverWorld.run { world in
            let peripherals = Held()
            let report = try await world.session { card in
                let awkward = AwkwardPeripheral(card: card, held: [RecorderAttributes.events])
                peripherals.put(awkward.lent)
                return awkward
            }
            let lent = try #require(peripherals.lent)
            #expect(report.end == .complete)
            #expect(lent[RecorderAttributes.controlPoint] == .sharedAllowed)
            #expect(lent[RecorderAttributes.transfer] == .privateSocket)
            #expect(lent[RecorderAttributes.events] == .sharedAllowed)
            #expect(lent[RecorderAttributes.status] == .privateSocket)
        }
    }

    @Test func aCardThatCannotBeUnderstoodIsNamedAsSuch() throws {
        let lies: [(CharacteristicID, @Sendable ([UInt8]) -> [UInt8], String)] = [
            (RecorderAttributes.features, { [2] + $0.dropFirst() }, "version 2.0"),
            (RecorderAttributes.features, { Array($0.prefix(15)) }, "Features"),
            (RecorderAttributes.features, { $0.prefix(2) + [10] + $0.dropFirst(3) }, "list entry size"),
            (RecorderAttributes.serialNumber, { _ in Array("../../etc".utf8) }, "serial number"),
            (RecorderAttributes.serialNumber, { _ in [0x41, 0x0A, 0x42] }, "A\\u{a}B"),
            (RecorderAttributes.status, { Array($0.prefix(31)) }, "Status"),
        ]
        try DriverWorld.run { world in
            for (characteristic, lie, words) in lies {
                let report = try await world.session { card in
                    AwkwardPeripheral(card: card, read: { $0 == characteristic ? lie($1) : $1 })
                }
                guard case .protocolViolation(let reason) = report.end else {
                    Issue.record("\(words): ended with \(report.end)")
                    continue
                }
                #expect(reason.contains(words))
            }
            let identity = await #expect(throws: CardRefusal.self) {
                try await world.connected { card in
                    let liar = AwkwardPeripheral(card: card, read: { $0 == RecorderAttributes.features ? [9] + $1.dropFirst() : $1 })
                    return try await RecorderCardDriver().identify(liar, within: DriverWorld.patience)
                }
            }
            #expect(identity?.description.contains("9.0") == true)
        }
    }

    @Test func anotherSerialNumberThanAtPairingIsRefused() throws {
        try DriverWorld.run { world in
            #expect(try await world.session().end == .complete)
            let report = try await world.session { card in
                AwkwardPeripheral(card: card, read: { $0 == RecorderAttributes.serialNumber ? Array("B2-0001".utf8) : $1 })
            }
            guard case .custody(.serialRefused(_, let said)) = report.end else {
                Issue.record("ended with \(report.end)")
                return
            }
            #expect(said.description == "B2-0001" && report.payloadBytes == 0)
        }
    }

    /// A card that answers nothing any more is left within the deadline of the profile.
    @Test func aControlPointThatFallsSilentEndsTheSession() throws {
        try DriverWorld.run { world in
            world.faults.drop(1000, of: RecorderAttributes.controlPoint)
            let start = world.clock.now
            let report = try await world.session()
            guard case .link(let error) = report.end else {
                Issue.record("ended with \(report.end)")
                return
            }
            #expect(error.code == .timedOut)
            #expect(start.duration(to: world.clock.now) < .seconds(15))
        }
    }

    /// How long our own disk takes for a batch says nothing of the card: what it sent meanwhile is there, and is not pulled again.
    @Test func aSlowDiskIsNoGap() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 20)
            let stalls = WaitableState(4)
            world.sink.setSlowness {
                stalls.change { $0 -= 1 }
                guard stalls.read({ $0 >= 0 }) else { return }
                try await world.clock.sleep(for: .seconds(3))
            }
            let report = try await world.session()
            #expect(report.end == .complete && report.gaps == 0 && report.repeatedBytes == 0)
            #expect(stalls.read { $0 } < 0)
            #expect(try await world.isWhole(1))
        }
    }

    /// A card that sends a byte now and then is left when the session's time is over.
    @Test func aCardThatDripsDoesNotHoldTheSlot() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 20)
            world.faults.setRate(40)
            let start = world.clock.now
            let report = try await world.session()
            let lasted = start.duration(to: world.clock.now)
            #expect(lasted < Limits.session + .seconds(60), "\(lasted)")
            #expect(!report.sawEverything)
        }
    }
}

/// Keeps what a closure made.
final class Held: Sendable {
    private let state = WaitableState(nil as AwkwardPeripheral.Lent?)
    var lent: AwkwardPeripheral.Lent? { state.read { $0 } }
    func put(_ lent: AwkwardPeripheral.Lent) { state.change { $0 = lent } }
}
