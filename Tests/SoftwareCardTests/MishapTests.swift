import CardProfile
import Crypto
import GATT
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// What may happen to a card, as a gateway sees it: each at the moment that was asked for, counted once.
@Suite struct MishapTests {
    private static let noon = UTCTime(milliseconds: 1_800_000_000_000)

    /// A paired card with some recordings of half a second each.
    private func world(_ recordings: Int = 1, _ body: @escaping @concurrent @Sendable (CardWorld) async throws -> Void) async throws {
        let world = try await CardWorld { $0.eventCapacity = 256 }
        try await world.run {
            for _ in 0..<recordings { _ = try await world.card.record(CardWorld.speech(seconds: 0.5), kind: .conversation) }
            try await world.pair()
            try await body(world)
        }
    }

    private static func digest(of bytes: [UInt8]) throws -> Recordings.SHA256Digest {
        try #require(SHA256Digest(Array(SHA256.hash(data: bytes))))
    }

    @Test(arguments: [true, false]) func rebootInMidTransferEndsTheLink(keepsClock: Bool) async throws {
        try await world { world in
            try await world.card.setClock(Self.noon)
            world.card.mishaps.arm(.reboot(keepsClock: keepsClock), at: .value(3))
            let before = await world.card.report()
            await #expect(throws: GATTError.self) { try await world.session { _ = try await $0.read(1) } }
            let after = await world.card.report()
            #expect(after.boot == before.boot + 1 && after.recordings == before.recordings && after.lastEvent == before.lastEvent + 1)
            #expect(after.time.reading == (keepsClock ? before.time.reading : .sincePowerOn(milliseconds: 0)))
            #expect(world.card.mishaps.hits == [CardMishap.reboot(keepsClock: keepsClock).name: 1] && world.card.mishaps.waiting == 0)
            let read = try await world.session { try await $0.read(1).result }
            #expect(read == .success)
        }
    }

    @Test func rebootBehindAReleaseLosesOnlyItsAnswer() async throws {
        try await world { world in
            let digest = try Self.digest(of: try await world.card.object(1))
            world.card.mishaps.arm(.reboot(keepsClock: false), at: .request(.release, 2))
            world.card.mishaps.arm(.reboot(keepsClock: false), at: .response(.release, 1))
            for _ in 0..<2 {
                await #expect(throws: GATTError.self) {
                    try await world.session { _ = try await $0.ask(.release(recording: 1, digest: digest, erase: false)) }
                }
            }
            #expect(await world.card.report().recordings.map(\.state) == [.released])
            let said = try await world.session { try await $0.ask(.release(recording: 1, digest: digest, erase: false)).result }
            #expect(said == .success)
            #expect(world.card.mishaps.hits == ["reboot without clock": 2])
        }
    }

    @Test func clockThatWasNotSetByAnybodyLogsNothing() async throws {
        try await world { world in
            try await world.card.setClock(Self.noon)
            let last = await world.card.report().lastEvent
            let wrong = Self.noon.advanced(by: -86_400_000)
            #expect(try await world.card.suffer(.clockShows(wrong)))
            #expect(await world.card.report().time.reading == .utc(wrong))
            #expect(try await !world.card.suffer(.clockShows(wrong)), "it shows that already")
            #expect(try await world.card.suffer(.clockUnset))
            #expect(await world.card.report().time.reading == .sincePowerOn(milliseconds: 3_600_000))
            #expect(try await !world.card.suffer(.clockUnset))
            #expect(try await !world.card.suffer(.reboot(keepsClock: true)), "there is no clock to keep")
            #expect(await world.card.report().lastEvent == last)
            #expect(world.card.mishaps.hits == ["clock wrong": 1, "clock unset": 1])
        }
    }

    @Test func fullCardRecordsNoMoreUntilSomethingWasReleased() async throws {
        try await world { world in
            _ = try await world.card.press(.record, .press)
            #expect(try await world.card.suffer(.full))
            #expect(try await !world.card.suffer(.full))
            try await world.card.when { $0.recordings.last?.flags.contains(.complete) == true ? () : nil }
            await #expect(throws: SoftwareCardError.self) {
                _ = try await world.card.record(CardWorld.speech(seconds: 0.5), kind: .conversation)
            }
            try await world.session { gateway in
                #expect(try await gateway.status().flags.contains(.storageFull))
                #expect(try await gateway.events().count { $0.what == .storageFull } == 1)
                let digest = try Self.digest(of: try await gateway.read(1).bytes)
                #expect(try await gateway.ask(.release(recording: 1, digest: digest, erase: false)).result == .success)
                #expect(try await !gateway.status().flags.contains(.storageFull))
            }
            // The room of the released one goes to the next.
            #expect(try await world.card.record(CardWorld.speech(seconds: 0.3), kind: .conversation) == 3)
            #expect(await world.card.report().recordings.map(\.number) == [2, 3])
        }
    }

    @Test(arguments: [CardMishap.delete(.current), .lose(.current)])
    func recordingThatGoesWhileItIsReadBreaksOffAndStaysListed(mishap: CardMishap) async throws {
        try await world(2) { world in
            world.card.mishaps.arm(mishap, at: .value(2))
            try await world.session { gateway in
                let read = try await gateway.read(2)
                #expect(read.result == .storageFault && read.crcIsRight == true && !read.bytes.isEmpty)
                let listed = try await gateway.list()
                #expect(listed.map(\.number) == [1, 2] && listed[1].size == 0)
                #expect(listed[1].flags == (mishap == .delete(.current) ? .deletedByUser : .lost))
                let event = try #require(try await gateway.events().last)
                #expect(event.what == (mishap == .delete(.current) ? .deletedByUser(2) : .lost(2)))
                try await gateway.ask(.acknowledgeEvents(upTo: event.number))
                #expect(try await gateway.list().map(\.number) == [1])
            }
            #expect(world.card.mishaps.hits == [mishap.name: 1])
            // The other one is the current one now; then there is none.
            #expect(try await world.card.suffer(mishap))
            #expect(try await !world.card.suffer(mishap))
        }
    }

    @Test func badBlockIsServedAsZerosUnderAnotherDigest() async throws {
        try await world { world in
            let whole = try await world.card.object(1)
            try await world.session { gateway in
                let before = try #require(try await gateway.list().first)
                #expect(try await world.card.suffer(.damage(.number(1))))
                let after = try #require(try await gateway.list().first)
                #expect(after.size == before.size && after.flags == [.complete, .damaged] && after.digestPrefix != before.digestPrefix)
                let read = try await gateway.read(1)
                let half = whole.count / 2
                #expect(read.bytes == whole.prefix(half) + [UInt8](repeating: 0, count: whole.count - half) && read.crcIsRight == true)
                let (old, new) = (try Self.digest(of: whole), try Self.digest(of: read.bytes))
                #expect(try await gateway.ask(.release(recording: 1, digest: old, erase: false)).result == .digestDiffers)
                #expect(try await gateway.ask(.release(recording: 1, digest: new, erase: false)).result == .success)
            }
            #expect(try await !world.card.suffer(.damage(.number(1))), "it was released")
            // It is durable: the same vault is the same card.
            let again = try await SoftwareCard(CardSettings(serial: CardWorld.serial), vault: world.vault, clock: world.clock)
            let (kept, held) = (try await again.object(1), try await world.card.object(1))
            #expect(kept == held)
        }
    }

    @Test func overflownLogShowsItsGap() async throws {
        try await world { world in
            for _ in 0..<10 { _ = try await world.card.press(.assistant, .press) }
            let last = await world.card.report().lastEvent
            #expect(try await world.card.suffer(.overflow(keeping: 4)))
            #expect(try await !world.card.suffer(.overflow(keeping: 4)))
            let kept = try await world.session { try await $0.events().map(\.number) }
            #expect(kept == Array(last - 3...last))
            #expect(await world.card.report().droppedEvents == Int(last) - 4)
        }
    }

    @Test(arguments: [true, false]) func formatBeginsANewGenerationInTheSameHands(endsLink: Bool) async throws {
        try await world(2) { world in
            let before = await world.card.report()
            world.card.mishaps.arm(.format(endsLink: endsLink), at: .request(.read, 2))
            do {
                try await world.session { gateway in
                    let listed = try await gateway.list()
                    #expect(listed.count == 2)
                    #expect(try await gateway.read(1).result == .noSuchObject)
                }
                #expect(!endsLink)
            } catch is GATTError {
                #expect(endsLink)
            }
            let after = await world.card.report()
            #expect(after.generation != before.generation && after.bonds == before.bonds && after.recordings.isEmpty && after.lastEvent == 1)
            let events = try await world.session { try await $0.events().map(\.what) }
            #expect(events == [.formatted(last: 2)])
        }
    }

    @Test func countingAgainGoesBackOverWhatIsSettledOnly() async throws {
        try await world(3) { world in
            #expect(try await !world.card.suffer(.countsAgain(5)), "nothing is settled yet")
            try await world.session { gateway in
                for number in [2, 3] as [UInt32] {
                    let digest = try Self.digest(of: try await gateway.read(number).bytes)
                    try await gateway.ask(.release(recording: number, digest: digest, erase: false))
                }
                try await gateway.ask(.acknowledgeEvents(upTo: try await gateway.status().lastEvent))
            }
            let last = await world.card.report().lastEvent
            #expect(try await world.card.suffer(.countsAgain(5)))
            #expect(try await world.card.record(CardWorld.speech(seconds: 0.3), kind: .memo) == 2)
            let report = await world.card.report()
            #expect(report.recordings.map(\.number) == [1, 2] && report.lastEvent == last - 5 + 2 && report.lastAcknowledged == last - 5)
        }
    }

    @Test func serialOfAnotherIsShownUntilItIsNot() async throws {
        try await world { world in
            func shown() async throws -> String {
                try await world.connected {
                    String(decoding: try await $0.read(ServedCharacteristic.serial, within: CardWorld.patience), as: UTF8.self)
                }
            }
            world.card.mishaps.show(CardSerial("B2-0001"))
            let lie = try await shown()
            world.card.mishaps.clear()
            let truth = try await shown()
            #expect(lie == "B2-0001" && truth == CardWorld.serial.description)
            #expect(world.card.mishaps.hits == ["serial of another": 1])
        }
    }

    @Test(arguments: ListFaults.Lie.allCases) func listLiesAsOftenAsItShould(lie: ListFaults.Lie) async throws {
        try await world(3) { world in
            world.card.listFaults.set(lie, of: 2, lists: 2)
            try await world.session { gateway in
                let size = await world.card.report().recordings[1].size
                for _ in 0..<2 {
                    guard lie != .malformed else {
                        await #expect(throws: ProfileError.self) { _ = try await gateway.list() }
                        continue
                    }
                    let listed = try await gateway.list()
                    let entry = listed.first { $0.number == 2 }
                    switch lie {
                    case .hidden: #expect(listed.map(\.number) == [1, 3])
                    case .longer: #expect(entry?.size == size + 10)
                    case .shorter: #expect(entry?.size == size - 10)
                    case .huge: #expect(entry?.size == 1 << 40)
                    case .otherTime: #expect(entry?.started.boot == 1001)
                    case .malformed: break
                    }
                }
                let truth = try await gateway.list()
                #expect(truth.map(\.number) == [1, 2, 3] && truth[1].size == size && truth[1].started.boot == 1)
            }
            #expect(world.card.listFaults.hits == [lie: 2] && world.card.listFaults.waiting == 0)
        }
    }

    @Test func wrongDigestIsListedOnce() async throws {
        try await world { world in
            world.card.digestFaults.set(.listOnce, of: 1)
            try await world.session { gateway in
                let digest = try Self.digest(of: try await gateway.read(1).bytes)
                #expect(try await gateway.list().first?.digestPrefix != digest.prefix)
                #expect(try await gateway.list().first?.digestPrefix == digest.prefix)
            }
            #expect(world.card.digestFaults.hitsByLie == [.listOnce: 1] && world.card.digestFaults.waiting == 0)
        }
    }
}
