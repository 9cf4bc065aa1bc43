import Bytes
import Crypto
import Foundation
import Ledger
import RecordingStore
import Recordings
import TestSupport
import Testing

@Suite struct FilesTests {
    @Test func aRecordingIsReadInPieces() async throws {
        let world = try await StoreWorld()
        let object = CardObject(size: 2_500_000)
        try await world.pull(object)
        let file = try await world.files.open(try await world.recording().id)
        #expect(file.size == 2_500_000)
        #expect(file.sha256 == object.digest)
        var bytes: [UInt8] = []
        while case let piece = try await file.read(at: UInt64(bytes.count), upTo: .max), !piece.isEmpty { bytes += piece }
        #expect(bytes == object.bytes)
        #expect(try await file.read(at: 2_499_990, upTo: 100) == Array(object.bytes[2_499_990...]))
        #expect(try await file.read(at: 2_500_000, upTo: 1).isEmpty)
        #expect(try await file.read(at: .max, upTo: 1).isEmpty)
        #expect(try await file.read(at: 0, upTo: -1).isEmpty)
    }

    @Test func whatIsNotStoredCannotBeRead() async throws {
        let world = try await StoreWorld()
        let object = CardObject()
        _ = try await world.custody.plan(listed: [object.entry], released: [])
        let id = try await world.recording().id
        await #expect(throws: StoreError.notHere("anna/1 is listed; its bytes are not here.")) { try await world.files.open(id) }
    }

    private func job(in world: StoreWorld) async throws -> LeasedJob {
        try await world.pull(CardObject())
        return try #require(try await world.ledger.claim("decode", max: 1, for: .seconds(60), worker: "w").first)
    }

    private let wave = [UInt8](repeating: 7, count: 300_000)

    private func claim(_ bytes: [UInt8]) throws -> ArtifactClaim {
        ArtifactClaim(sha256: try #require(Digest(Array(SHA256.hash(data: bytes)))), size: UInt64(bytes.count), type: "audio/wav")
    }

    @Test func anArtifactThatDoneNamesIsReadBack() async throws {
        let world = try await StoreWorld()
        let job = try await job(in: world)
        let writer = try await world.files.receiveArtifact(size: UInt64(wave.count))
        try await writer.write(Array(wave[..<100_000]))
        #expect(try await world.files.sweep() == 0, "one that arrives is no waste")
        try await writer.write(Array(wave[100_000...]))
        try await writer.finish(as: "audio.wav", try claim(wave), for: job.job.id, token: job.token)
        #expect(try await world.files.sweep() == 0, "its job may still name it")
        var result = JobResult()
        result.artifacts = ["audio.wav": try claim(wave)]
        _ = try await world.ledger.finish(Completion(job: job.job.id, token: job.token, result: result))
        let id = try await world.recording().id
        let file = try await world.reopened().files.openArtifact(of: id, name: "audio.wav")
        #expect(try await file.read(at: 0, upTo: .max) == wave)
    }

    @Test func anArtifactWithAnotherDigestIsRefusedAndGone() async throws {
        let world = try await StoreWorld()
        let job = try await job(in: world)
        let writer = try await world.files.receiveArtifact(size: UInt64(wave.count))
        try await writer.write(Array(wave.dropLast()))
        await #expect(throws: StoreError.self) {
            try await writer.finish(as: "audio.wav", try claim(wave), for: job.job.id, token: job.token)
        }
        #expect(try world.names("artifacts").isEmpty)
    }

    @Test func whoLostTheLeaseLeavesNothing() async throws {
        let world = try await StoreWorld()
        let job = try await job(in: world)
        world.machine.advance(by: .seconds(60))
        let writer = try await world.files.receiveArtifact(size: UInt64(wave.count))
        try await writer.write(wave)
        await #expect(throws: LedgerError.self) {
            try await writer.finish(as: "audio.wav", try claim(wave), for: job.job.id, token: job.token)
        }
        #expect(try world.names("artifacts").isEmpty)
    }

    @Test func anArtifactLeavesTheReserveAlone() async throws {
        let world = try await StoreWorld(reserve: .max / 2)
        do {
            _ = try await world.files.receiveArtifact(size: 1)
            Issue.record("the reserve was touched")
        } catch StoreError.noRoom {}
        #expect(try world.names("artifacts").isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
    func artifactsThatArriveTogetherShareTheRoom() async throws {
        let disk = try SmallDisk(megabytes: 2)
        let world = try await StoreWorld(root: disk.folder)
        // The room is free again as soon as one was abandoned, whoever still has it open.
        var writers: [ArtifactWriter] = []
        for _ in 0..<3 {
            let writer = try await world.files.receiveArtifact(size: 3 << 19)
            writers.append(writer)
            do {
                _ = try await world.files.receiveArtifact(size: 3 << 19)
                Issue.record("more was promised than there is")
            } catch StoreError.noRoom {}
            await writer.abandon()
        }
    }

    @Test func artifactsThatNobodyNamedAreSwept() async throws {
        let world = try await StoreWorld()
        let job = try await job(in: world)
        // One name twice: the second takes the first one's place.
        for name in ["audio.wav", "other.wav", "audio.wav"] {
            let writer = try await world.files.receiveArtifact(size: UInt64(wave.count))
            try await writer.write(wave)
            try await writer.finish(as: name, try claim(wave), for: job.job.id, token: job.token)
        }
        let abandoned = try await world.files.receiveArtifact(size: UInt64(wave.count))
        try await abandoned.write(wave)
        await abandoned.abandon()
        #expect(try world.names("artifacts").count == 2)
        var result = JobResult()
        result.artifacts = ["audio.wav": try claim(wave)]
        _ = try await world.ledger.finish(Completion(job: job.job.id, token: job.token, result: result))
        #expect(try await world.files.sweep() == 1)
        #expect(try world.names("artifacts").count == 1)
    }
}
