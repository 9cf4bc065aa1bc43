import CardProfile
import Drivers
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

@Suite struct SessionTests {
    @Test(arguments: 1...5)
    func everythingACardHoldsIsTakenProvenAndReleased(seed: UInt64) throws {
        try DriverWorld.run(seed: seed) { world in
            for (seconds, kind) in [(3, .conversation), (1, .memo), (2, .call)] as [(Double, RecordingKind)] {
                try await world.record(seconds: seconds, kind: kind)
            }
            _ = try await world.card.press(.assistant, .double)
            let report = try await world.session()
            #expect(report.end == .complete && report.sawEverything)
            #expect(report.recordingsStored == 3 && report.recordingsReleased == 3 && report.gaps == 0 && report.repeatedBytes == 0)
            var bytes: UInt64 = 0
            for number in 1...3 as ClosedRange<UInt32> {
                #expect(try await world.isWhole(number))
                #expect(await world.state(of: number) == .released)
                bytes += UInt64(try await world.card.object(number).count)
            }
            #expect(report.payloadBytes == bytes && world.sink.report.appended == bytes)
            let events = world.sink.events
            let card = await world.card.report()
            #expect(events.map(\.number) == Array(1...card.lastEvent) && report.eventsCommitted == events.count)
            #expect(card.lastAcknowledged == card.lastEvent && world.sink.report.acknowledged == card.lastEvent)
            #expect(events.contains { $0.what == .button(.assistant, .double, recording: nil, offset: 0) })
            #expect(card.recordings.allSatisfy { world.sink.report.proven.contains($0.number) })
        }
    }

    @Test func aLowBatteryIsToldOnce() throws {
        try DriverWorld.run { world in
            _ = try await world.session()
            #expect(world.lowBatteries.value == 0)
            try await world.card.setBattery(10)
            for _ in 1...2 { _ = try await world.session() }
            #expect(world.lowBatteries.value == 1)
        }
    }

    @Test func theStepsComeInTheOrderOfTheProfile() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            _ = try await world.session()
            let steps = world.sink.calls.map { call in
                switch call {
                case .open: "open"
                case .noted: "status"
                case .readLog: "log"
                case .committed: "commit"
                case .acknowledged: "acknowledge"
                case .planned: "plan"
                case .began: "begin"
                case .checkpoint(_, _, let proven): proven ? "proven" : "checkpoint"
                case .discarded: "discard"
                case .hindered: "hindered"
                case .sealed: "seal"
                case .released: "release"
                }
            }
            #expect(steps.prefix(9) == ["open", "status", "commit", "acknowledge", "plan", "begin", "proven", "seal", "release"])
        }
    }

    @Test func theClockIsSetOnlyByASynchronisedGateway() throws {
        for isSynchronised in [true, false] {
            try DriverWorld.run(isSynchronised: isSynchronised) { world async throws -> Void in
                let started = await world.card.report().time
                #expect(try await world.session().end == .complete)
                let reading = await world.card.report().time.reading
                guard isSynchronised else {
                    guard case .sincePowerOn = reading else {
                        Issue.record("the clock was set to \(reading)")
                        return
                    }
                    #expect(world.sink.readings.isEmpty)
                    return
                }
                guard case .utc(let now) = reading else {
                    Issue.record("the clock was not set: \(reading)")
                    return
                }
                #expect(abs(now.milliseconds - world.wallClock.now().milliseconds) < 1000)
                // By SET_TIME's answer; event 9 in the log tells the ledger the same.
                #expect(world.sink.readings.count == 1 && Set(world.sink.readings.map(\.boot)) == [started.boot])
                let mended = world.sink.readings.compactMap { $0.mend(started) }
                #expect(mended.allSatisfy { abs($0.milliseconds - DriverWorld.noon.milliseconds) < 5000 })
            }
        }
    }

    @Test func aSecondSessionTakesNothingTwice() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            _ = try await world.session()
            let events = world.sink.events.count
            let again = try await world.session()
            #expect(again.end == .complete && again.payloadBytes == 0 && again.recordingsStored == 0)
            // The clock is right by now, so nothing was logged between.
            #expect(world.sink.events.count == events)
        }
    }

    @Test func whatAnotherGatewayTookIsNotTakenAgain() throws {
        let other = MemorySink()
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            let first = try await world.session(into: other)
            #expect(first.end == .complete && other.report.proven == [1])
            let second = try await world.session()
            #expect(second.end == .complete && second.payloadBytes == 0)
            #expect(world.sink.report.releasedElsewhere == [1] && world.sink.report.proven.isEmpty)
            let acknowledged = await world.card.report().lastAcknowledged
            #expect(world.sink.calls.contains(.noted(lastEvent: acknowledged, acknowledged: acknowledged)))
        }
    }

    @Test func releaseMayWaitForThePolicy() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.sink.setMayRelease(false)
            #expect(try await world.session().recordingsReleased == 0)
            #expect(await world.state(of: 1) == .held)
            #expect(try await world.session().recordingsReleased == 1)
            #expect(await world.state(of: 1) == .released)
        }
    }

    @Test func withoutRoomTheCardKeepsItsCopy() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 1)
            world.sink.setRoom(100)
            let full = try await world.session()
            #expect(full.end == .noRoom && full.payloadBytes == 0 && full.eventsCommitted > 0)
            #expect(await world.state(of: 1) == .held)
            world.sink.setRoom(.max)
            #expect(try await world.session().end == .complete)
            #expect(try await world.isWhole(1))
        }
    }

    @Test func aBondThatProvesNothingIsRefused() throws {
        try DriverWorld.run { world in
            guard case .refused(let reason) = try await world.session(bondIsAuthenticated: false).end else {
                Issue.record("not refused")
                return
            }
            #expect(reason.contains("passkey") && world.sink.calls.isEmpty)
        }
    }

    @Test func aHintIsReadFromTheAdvertisementOfThisProfileOnly() throws {
        func advertisement(_ services: Set<BluetoothUUID>, _ data: [UInt16: [UInt8]]) -> Advertisement {
            Advertisement(
                adapter: DriverWorld.adapter, peer: DriverWorld.peer, rssi: -60, services: services, manufacturerData: data, name: nil, isBonded: true
            )
        }
        let ours: Set = [RecorderCardDriver.service]
        let hint = try #require(RecorderCardDriver.hint(in: advertisement(ours, [0xFFFF: [0b11, 7, 0xDE, 0xC0]])))
        #expect(hint.hasUnsynced && hint.hasEvents && !hint.isRecording && hint.unsynced == 7 && hint.token == 0xC0DE)
        #expect(RecorderCardDriver.hint(in: advertisement([BluetoothUUID(0x180A)], [0xFFFF: [0, 0, 0, 0]])) == nil)
        #expect(RecorderCardDriver.hint(in: advertisement(ours, [0xFFFF: [0, 0, 0]])) == nil)
        #expect(RecorderCardDriver.hint(in: advertisement(ours, [:])) == nil)
        #expect("\(RecorderCardDriver.service)" == "f8240000-e3c2-40a0-a06d-b869e415cee5")
    }

    @Test func identifyReadsWhoTheCardIs() throws {
        try DriverWorld.run { world in
            let identity = try await world.connected { try await RecorderCardDriver().identify($0, within: DriverWorld.patience) }
            let card = await world.card.report()
            #expect(identity.generation == Generation(serial: card.serial, number: card.generation) && !identity.isJustWorksOnly)
            #expect(identity.model != nil && identity.firmware != nil && identity.manufacturer != nil)
        }
    }

    @Test func theSameSeedGivesTheSameHistory() throws {
        func history(_ seed: UInt64) throws -> ([MemorySink.Call], Duration) {
            let sink = MemorySink()
            let lasted = try DriverWorld.run(seed: seed, sink: sink) { world in
                let start = world.clock.now
                try await world.record(seconds: 2)
                world.faults.drop(2, after: 9, of: RecorderAttributes.transfer)
                world.faults.loseLink(afterBytes: 3000, on: RecorderAttributes.transfer)
                _ = try await world.sessions()
                return start.duration(to: world.clock.now)
            }
            return (sink.calls, lasted)
        }
        for seed in 1...3 as ClosedRange<UInt64> {
            let (first, second) = (try history(seed), try history(seed))
            #expect(first.0 == second.0 && first.1 == second.1)
        }
    }

    @Test func whoWatchesSeesWhatHappens() throws {
        try DriverWorld.run { world in
            try await world.record(seconds: 20)
            let watcher = Watcher()
            let report = try await watcher.watch(world) { try await world.session() }
            let size = UInt64(try await world.card.object(1).count)
            let last = await world.card.report().lastEvent
            let offsets = watcher.seen.compactMap { what -> UInt64? in
                if case .transferProgress(1, let offset, size) = what { offset } else { nil }
            }
            #expect(offsets == offsets.sorted() && offsets.count == Int(size >> 16), "told each 64 KiB: \(offsets) of \(size)")
            let others = watcher.seen.filter { if case .transferProgress = $0 { false } else { true } }
            #expect(
                others == [
                    .events(upTo: last, count: report.eventsCommitted), .transferStarted(recording: 1, offset: 0, size: size),
                    .stored(recording: 1, size: size), .released(recording: 1),
                ])
        }
    }
}
