import CardProfile
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// Power, pairing, time, screen, owner: what a card is beside its recordings.
@Suite struct LifeTests {
    @Test func pressesWaitInTheLogAndTheOldestGoWhenItIsFull() async throws {
        let world = try await CardWorld { $0.eventCapacity = 256 }
        try await world.run {
            for _ in 0..<300 { _ = try await world.card.press(.assistant, .double) }
            try await world.pair()
            try await world.session { gateway in
                let events = try await gateway.events()
                // Event 1 is power-on: 2...301 are presses.
                #expect(events.map(\.number) == Array(46...301))
                #expect(events.allSatisfy { $0.what == .button(.assistant, .double, recording: nil, offset: 0) })
                let status = try await gateway.status()
                #expect(status.lastEvent == 301 && status.lastAcknowledged == 0)
            }
            #expect(await world.card.report().droppedEvents == 45)
        }
    }

    @Test func pressIsHintedWhileSubscribedAndStatusFollows() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.pair()
            try await world.connected { peripheral in
                try await peripheral.withValues(of: ServedCharacteristic.events, delivery: .sharedAllowed, capacity: 8) { events in
                    try await peripheral.withValues(of: ServedCharacteristic.status, delivery: .sharedAllowed, capacity: 8) { statuses in
                        let pressed = try await world.card.press(.side, .long)
                        let hint = try EventEntry.read(try await events.next()[0])
                        #expect(hint.number == pressed.event)
                        #expect(hint.what == .button(.side, .long, recording: nil, offset: 0))
                        let first = try Status(try await statuses.next()[0])
                        #expect(first.lastEvent == pressed.event)
                        // At most once a second: the next comes when a second is over, with all that happened.
                        _ = try await world.card.press(.side, .press)
                        let last = try await world.card.press(.side, .press)
                        _ = try await peripheral.read(ServedCharacteristic.battery, within: CardWorld.patience)
                        #expect(statuses.takeWaiting().isEmpty)
                        world.clock.advance(by: .seconds(1))
                        let second = try Status(try await statuses.next()[0])
                        #expect(second.lastEvent == last.event)
                    }
                }
            }
        }
    }

    @Test func rebootKeepsWhatIsDurableAndForgetsTheRest() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.card.setClock(UTCTime(milliseconds: 1_800_000_000_000))
            _ = try await world.card.record(CardWorld.speech(seconds: 0.5), kind: .conversation)
            _ = try await world.card.press(.record, .press)
            world.clock.advance(by: .seconds(2))
            try await world.card.when { $0.recordings.last.flatMap { $0.size > 1500 ? () : nil } }
            let before = await world.card.report()
            let whole = try await world.card.object(1)
            try await world.card.reboot()
            let after = await world.card.report()
            #expect(after.boot == before.boot + 1 && after.generation == before.generation)
            #expect(after.time.reading == .sincePowerOn(milliseconds: 0))
            #expect(after.recordings.map(\.number) == [1, 2])
            #expect(after.recordings[1].flags == [.complete, .cutShort])
            #expect(after.recordings[1].size == before.recordings[1].size && after.recordings[1].digest != nil)
            #expect(try await world.card.object(1) == whole)

            // Another process with the same vault is the same card, one boot later.
            let again = try await SoftwareCard(CardSettings(serial: CardWorld.serial), vault: world.vault, clock: world.clock)
            let revived = await again.report()
            #expect(revived.boot == after.boot + 1 && revived.generation == after.generation)
            #expect(revived.recordings == after.recordings)
            #expect(revived.lastEvent == after.lastEvent + 1)
            #expect(try await again.object(1) == whole)
        }
        let other = CardSettings(serial: try #require(CardSerial("B2")))
        await #expect(throws: SoftwareCardError.self) { _ = try await SoftwareCard(other, vault: world.vault, clock: world.clock) }
    }

    /// On an emulated processor a card that had just come back was asked for a recording longer than it had been on, and a millisecond began
    /// between two looks at its clock: it crashed.
    @Test func recordingMayBeLongerThanTheCardIsOn() async throws {
        let card = try await SoftwareCard(CardSettings(serial: CardWorld.serial), vault: MemoryVault(), clock: RestlessClock())
        let number = try await card.record(CardWorld.speech(seconds: 2), kind: .conversation)
        let recording = try #require(await card.report().recordings.first { $0.number == number })
        #expect(recording.started.reading == .sincePowerOn(milliseconds: 0))
    }

    @Test func clockIsSetOnceAndLoggedOnce() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.pair()
            try await world.session { gateway in
                let now = UTCTime(milliseconds: 1_800_000_000_000)
                let first = try await gateway.ask(.setTime(now: now, minutesEast: 60))
                #expect(
                    first.answer
                        == .clock(ClockAnswer(before: CardTime(.sincePowerOn(milliseconds: 3_600_000), boot: 1), millisecondsSincePowerOn: 3_600_000))
                )
                world.clock.advance(by: .seconds(5))
                // Right within a second: silent.
                try await gateway.ask(.setTime(now: now.advanced(by: 5400), minutesEast: 60))
                let events = try await gateway.events()
                #expect(events.filter { if case .clockSet = $0.what { true } else { false } }.count == 1)
                let set = try #require(events.last)
                #expect(ClockReading(set) == ClockReading(boot: 1, powerOn: now.advanced(by: -3_600_000)))
                #expect(try await gateway.status().flags == .clockSet)
            }
        }
    }

    @Test func cardPairsOnlyInPairingModeAndForSixtySeconds() async throws {
        let world = try await CardWorld()
        try await world.run {
            await #expect(throws: GATTError.self) {
                _ = try await world.radio.pair(with: CardWorld.peer, on: CardWorld.adapter, within: .seconds(5)) { _ in .no }
            }
            try await world.card.openPairing()
            #expect(await world.card.advertising()?.name == "Card-0007")
            #expect(await world.card.report().lines == ["Pairing..."])
            world.clock.advance(by: .seconds(60))
            try await world.card.when { $0.isInPairingMode ? nil : () }
            #expect(await world.card.advertising()?.name == nil)
            try await world.card.openPairing()
            await #expect(throws: GATTError.self) {
                _ = try await world.radio.pair(with: CardWorld.peer, on: CardWorld.adapter, within: CardWorld.patience) { _ in
                    let shown = await world.card.report()
                    #expect(shown.screen.passkey.map { shown.lines == ["Passkey " + pad(Int($0), 6)] } ?? false)
                    return .no
                }
            }
            #expect(await world.card.report().screen.passkey == nil)
            try await world.pair()
            let report = await world.card.report()
            #expect(!report.isInPairingMode && report.bonds == [CardWorld.adapter] && report.screen.passkey == nil)
        }
    }

    @Test func linkThatIsNotEncryptedOrSilentOrStarvingIsDropped() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.connected { peripheral in
                try await world.card.when { $0.isConnected ? () : nil }
                world.clock.advance(by: .seconds(10))
                try await world.card.when { $0.isConnected ? nil : () }
                await #expect(throws: GATTError.self) { _ = try await peripheral.maximumTransmissionUnit() }
            }
            try await world.pair()
            try await world.session { gateway in
                _ = try await gateway.status()
                world.clock.advance(by: .seconds(119))
                #expect(await world.card.report().isConnected)
                world.clock.advance(by: .seconds(1))
                try await world.card.when { $0.isConnected ? nil : () }
            }
            _ = try await world.card.record(CardWorld.speech(seconds: 1), kind: .conversation)
            try await world.session { gateway in
                #expect(try await gateway.ask(.read(object: 1, offset: 0, length: 0, limit: 0)).result == .success)
                #expect(try await gateway.ask(.read(object: 1, offset: 0, length: 0, limit: 0)).result == .busy)
                world.clock.advance(by: .seconds(30))
                try await world.card.when { $0.isConnected ? nil : () }
            }
        }
    }

    @Test func noteStaysOnTheScreenAsLongAsItShould() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.pair()
            try await world.session { gateway in
                try await gateway.ask(.screen(ScreenNote("Noted: call the office tomorrow", seconds: 30)))
                #expect(await world.card.report().lines == ["Noted: call the", "office tomorrow"])
                world.clock.advance(by: .seconds(30))
                try await world.card.when { $0.screen.note == nil ? () : nil }
                try await gateway.ask(.find(seconds: 5))
                #expect(await world.card.report().lines == ["* HERE I AM *"])
                try await gateway.ask(.find(seconds: 0))
                #expect(await world.card.report().lines.isEmpty)
            }
        }
    }

    @Test func ownedCardGivesNothingAwayUntilTheLinkHasProvenItself() async throws {
        let world = try await CardWorld()
        let key = try #require(OwnerKey((0..<32).map { UInt8($0) }))
        try await world.run {
            try await world.pair()
            try await world.session { gateway in
                let unowned = try await gateway.ask(.challenge)
                #expect(unowned.result == .noSuchObject)
                #expect(try await gateway.ask(.own(key)).result == .success)
                #expect(try await gateway.read(ObjectNumber.list).result == .success)
            }
            try await world.session { gateway in
                #expect(try await gateway.read(ObjectNumber.list).result == .notPermitted)
                guard case .challenge(let challenge) = try await gateway.ask(.challenge).answer else {
                    Issue.record("no challenge")
                    return
                }
                let proof = OwnerProof.make(key: key, challenge: challenge, serial: CardWorld.serial)
                #expect(try await gateway.ask(.prove(proof: proof)).result == .success)
                #expect(try await gateway.read(ObjectNumber.list).result == .success)
            }
            try await world.session { gateway in
                _ = try await gateway.ask(.challenge)
                #expect(try await gateway.ask(.prove(proof: Array(repeating: 0, count: 32))).result == .notPermitted)
                try await world.card.when { $0.isConnected ? nil : () }
            }
        }
    }

    @Test func advertisementTellsOfSomethingNewWithAnotherToken() async throws {
        let world = try await CardWorld()
        try await world.run {
            func payload() async throws -> AdvertisingPayload {
                let data = try #require(await world.card.advertising()?.manufacturerData[RecorderUUID.testCompany])
                #expect(data.count == AdvertisingPayload.size)
                return try AdvertisingPayload(data[...])
            }
            let first = try await payload()
            #expect(first.flags == .unacknowledgedEvents && first.unsynced == 0)
            _ = try await world.card.record(CardWorld.speech(seconds: 0.2), kind: .memo)
            await world.card.advertisingChanged()
            let second = try await payload()
            #expect(second.flags == [.unsynced, .unacknowledgedEvents] && second.unsynced == 1)
            #expect(second.changeToken != first.changeToken)
            try await world.connected { _ in
                try await world.card.when { $0.isConnected ? () : nil }
                #expect(await world.card.advertising() == nil)
            }
        }
    }

    @Test func serialAndBatteryAreRead() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.pair()
            try await world.card.setBattery(12)
            try await world.connected { peripheral in
                let serial = try await peripheral.read(ServedCharacteristic.serial, within: CardWorld.patience)
                #expect(serial == Array("A1-0007".utf8))
                #expect(try await peripheral.read(ServedCharacteristic.battery, within: CardWorld.patience) == [12])
                let features = try Features(try await peripheral.read(ServedCharacteristic.features, within: CardWorld.patience)[...])
                let generation = await world.card.report().generation
                #expect(features.generation == generation && features.capabilities.contains([.owner, .screen, .find]))
            }
        }
    }
}

/// A millisecond passes with each look at it.
private struct RestlessClock: Clock {
    private let clock = ManualClock()

    var now: ManualClock.Instant {
        defer { clock.advance(by: .milliseconds(1)) }
        return clock.now
    }
    var minimumResolution: Duration { clock.minimumResolution }

    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try await clock.sleep(until: deadline, tolerance: tolerance)
    }
}
