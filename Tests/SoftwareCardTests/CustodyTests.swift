import CardProfile
import Crypto
import GATT
import OggOpus
import OpusAudio
import Recordings
import SoftwareCard
import TestSupport
import Testing

/// Recordings from the microphone to RELEASE, as a gateway sees them.
@Suite struct CustodyTests {
    private func digest(_ bytes: [UInt8]) throws -> Recordings.SHA256Digest { try #require(SHA256Digest(Array(SHA256.hash(data: bytes)))) }

    @Test func gatewayFetchesProvesAndReleases() async throws {
        let world = try await CardWorld()
        try await world.run {
            let number = try await world.card.record(CardWorld.speech(seconds: 3), kind: .call, marks: 2)
            try await world.pair()
            try await world.session { gateway in
                let listed = try #require(try await gateway.list().first)
                #expect(listed.number == number && number == 1)
                #expect(listed.kind == .call && listed.marks == 2 && listed.durationMilliseconds == 3000 && listed.flags == .complete)
                let whole = try await gateway.read(1)
                #expect(whole.result == .success && whole.crcIsRight == true)
                #expect(UInt64(whole.bytes.count) == listed.size)
                let digest = try digest(whole.bytes)
                #expect(digest.prefix == listed.digestPrefix)
                let held = try await world.card.object(1)
                #expect(held == whole.bytes)
                // From the middle, then nothing at the end, then too far.
                let half = try await gateway.read(1, from: listed.size / 2)
                #expect(half.bytes == Array(whole.bytes[(whole.bytes.count / 2)...]))
                #expect(try await gateway.read(1, from: listed.size).bytes.isEmpty)
                #expect(try await gateway.read(1, from: listed.size + 1).result == .offsetPastEnd)

                let wrong = try self.digest([1])
                #expect(try await gateway.ask(.release(recording: 1, digest: wrong, erase: false)).result == .digestDiffers)
                #expect(try await gateway.ask(.release(recording: 9, digest: digest, erase: false)).result == .noSuchObject)
                #expect(try await gateway.ask(.release(recording: 1, digest: digest, erase: false)).result == .success)
                #expect(try await gateway.list().isEmpty)
                #expect(try await gateway.list(ObjectNumber.releasedList).map(\.number) == [1])
                // Still readable, and released twice is released.
                #expect(try await gateway.read(1).bytes == whole.bytes)
                #expect(try await gateway.ask(.release(recording: 1, digest: digest, erase: true)).result == .success)
                #expect(try await gateway.list(ObjectNumber.releasedList).isEmpty)
                #expect(try await gateway.read(1).result == .noSuchObject)
                #expect(try await gateway.ask(.release(recording: 1, digest: digest, erase: true)).result == .noSuchObject)
            }
        }
    }

    @Test func objectIsAStreamThatSaysWhoseItIs() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.card.setClock(try #require(UTCTime("2026-11-23T09:00:00.000Z")), minutesEast: 60)
            let number = try await world.card.record(CardWorld.speech(seconds: 2.5), kind: .memo)
            let report = await world.card.report()
            var decoder = try OpusStreamDecoder(rate: 16_000)
            try decoder.append(try await world.card.object(number))
            decoder.finish()
            var samples: [Int16] = []
            while try decoder.read(into: &samples) {}
            #expect(samples.count == 40_000)
            let tags = try #require(decoder.tags.flatMap { RecorderTags($0) })
            #expect(tags == RecorderTags(serial: "A1-0007", generation: report.generation, number: 1, started: "2026-11-23T09:59:57.500+01:00"))
        }
    }

    @Test func recordingGrowsIsServedAndBecomesCompleteWhenStopped() async throws {
        let world = try await CardWorld()
        try await world.run {
            try await world.pair()
            try await world.session { gateway in
                #expect(try await gateway.ask(.record(.mark)).result == .noSuchObject)
                #expect(try await gateway.ask(.record(.start)).answer == .recording(1))
                #expect(try await gateway.ask(.record(.start)).answer == .recording(1))
                world.clock.advance(by: .seconds(3))
                let size = try await world.card.when { $0.recordings.first.flatMap { $0.size > 2000 ? $0.size : nil } }
                let status = try await gateway.status()
                #expect(status.state == .recording && status.recordingInProgress == 1)
                let listed = try #require(try await gateway.list().first)
                #expect(listed.flags == .inProgress && listed.digestPrefix == nil)
                let part = try await gateway.read(1)
                #expect(part.bytes.count >= Int(size) && part.crcIsRight == true)
                let early = try digest(part.bytes)
                #expect(try await gateway.ask(.release(recording: 1, digest: early, erase: false)).result == .notComplete)
                #expect(try await gateway.ask(.record(.mark)).answer == .recording(1))
                #expect(try await gateway.ask(.record(.stop)).answer == .recording(1))
                #expect(try await gateway.ask(.record(.stop)).answer == .recording(0))
                try await world.card.when { $0.recordings.first?.state == .held ? () : nil }
                let whole = try await gateway.read(1)
                #expect(whole.bytes.starts(with: part.bytes), "bytes once served never change")
                let kinds = try await gateway.events().map(\.what)
                #expect(kinds.suffix(3) == [.recordingStarted(1), .mark(recording: 1, offset: 3000), .recordingStopped(1)])
                let release = ControlRequest.release(recording: 1, digest: try digest(whole.bytes), erase: false)
                #expect(try await gateway.ask(release).result == .success)
            }
        }
    }

    @Test func deletedRecordingStaysListedUntilItsEventIsAcknowledged() async throws {
        let world = try await CardWorld()
        try await world.run {
            for _ in 0..<2 { _ = try await world.card.record(CardWorld.speech(seconds: 0.5), kind: .conversation) }
            try await world.card.delete(1)
            try await world.card.lose(2)
            await #expect(throws: SoftwareCardError.self) { try await world.card.delete(1) }
            try await world.pair()
            try await world.session { gateway in
                let listed = try await gateway.list()
                #expect(listed.map(\.flags) == [.deletedByUser, .lost])
                #expect(listed.map(\.size) == [0, 0])
                let events = try await gateway.events()
                let deleted = try #require(events.first { $0.what == .deletedByUser(1) })
                let lost = try #require(events.first { $0.what == .lost(2) })
                #expect(try await gateway.ask(.acknowledgeEvents(upTo: deleted.number)).result == .success)
                #expect(try await gateway.list().map(\.number) == [2])
                #expect(try await gateway.ask(.acknowledgeEvents(upTo: lost.number)).result == .success)
                #expect(try await gateway.list().isEmpty)
                #expect(try await gateway.events().isEmpty)
                #expect(try await gateway.ask(.acknowledgeEvents(upTo: lost.number + 1)).result == .badParameter)
                #expect(try await gateway.ask(.acknowledgeEvents(upTo: 1)).result == .success)
            }
        }
    }

    @Test func fullCardKeepsWhatWasNotReleased() async throws {
        let world = try await CardWorld { $0.capacity = 40_000 }
        try await world.run {
            try await world.pair()
            _ = try await world.card.record(CardWorld.speech(seconds: 4), kind: .conversation)
            _ = try await world.card.record(CardWorld.speech(seconds: 4), kind: .conversation)
            await #expect(throws: SoftwareCardError.self) { try await world.card.record(CardWorld.speech(seconds: 4), kind: .conversation) }
            try await world.session { gateway in
                #expect(try await gateway.status().flags.contains(.storageFull))
                let events = try await gateway.events().map(\.what)
                #expect(events.last == .storageFull)
                #expect(!events.contains(.recordingStarted(3)), "a number that was not durable was never shown")
                for number in [UInt32(2), 1] {
                    let digest = try digest(try await gateway.read(number).bytes)
                    #expect(try await gateway.ask(.release(recording: number, digest: digest, erase: false)).result == .success)
                }
                let status = try await gateway.status()
                #expect(!status.flags.contains(.storageFull) && status.freeKiB == status.totalKiB)
            }
            #expect(try await world.card.record(CardWorld.speech(seconds: 4), kind: .conversation) == 3)
            // The oldest release went, not the oldest recording.
            #expect(await world.card.report().recordings.map(\.number) == [1, 3])
        }
    }

    @Test func cardThatLiesRefusesTheRightDigestOnce() async throws {
        let world = try await CardWorld()
        try await world.run {
            for _ in 0..<2 { _ = try await world.card.record(CardWorld.speech(seconds: 0.5), kind: .conversation) }
            world.card.digestFaults.set(.refuseOnce, of: 1)
            world.card.digestFaults.set(.list, of: 2)
            try await world.pair()
            try await world.session { gateway in
                let listed = try await gateway.list()
                let first = try digest(try await gateway.read(1).bytes)
                let second = try digest(try await gateway.read(2).bytes)
                #expect(listed[0].digestPrefix == first.prefix)
                #expect(listed[1].digestPrefix != second.prefix)
                #expect(try await gateway.ask(.release(recording: 1, digest: first, erase: false)).result == .digestDiffers)
                #expect(try await gateway.ask(.release(recording: 1, digest: first, erase: false)).result == .success)
                #expect(try await gateway.ask(.release(recording: 2, digest: second, erase: false)).result == .success)
            }
            #expect(world.card.digestFaults.hits == 2)
        }
    }
}
