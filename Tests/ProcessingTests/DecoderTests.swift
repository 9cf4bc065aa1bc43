import APIClient
import Foundation
import GatewayAPI
import OggOpus
import OpusAudio
import Processing
import Recordings
import StubGateway
import Testing
import Workers

@Suite("The queue decode")
struct DecoderTests {
    private static func speech() throws -> [UInt8] {
        let wav = try WAVFile(Array(Data(contentsOf: URL(filePath: "/usr/share/sounds/alsa/Front_Center.wav"))))
        var encoder = try RecordingEncoder(tags: RecorderTags(serial: "A1", generation: 1, number: 214, started: nil), streamSerial: 5)
        return try encoder.start() + encoder.append(wav.speech()) + encoder.finish()
    }

    /// The outcome of decoding `bytes`, and what was sent.
    private func decode(
        _ bytes: [UInt8], rate: Int = 48_000, cuts: [Int] = [], announces: Bool = false
    ) async throws -> (done: DoneRequest, wav: [UInt8]?, ranges: [String?]) {
        let folder = try Folder()
        let digest = try Samples.digest(bytes)
        let recording = try Samples.recording(bytes, sha256: digest)
        return try await StubGateway.serve(at: folder.path(of: "s")) { stub, client in
            await stub.say(digest, of: bytes)
            await stub.set(recording, files: ["audio": bytes], cuts: cuts)
            let decoder = Decoder(DecodeSettings(rate: rate), announcesToUpload: announces)
            let outcome = try await decoder.work(client, Samples.job("decode", recording))
            return (try #require(outcome.done), await stub.sent["audio.wav"], await stub.ranges)
        }
    }

    @Test func `a recording becomes a WAV file, a length, levels and an empty gap map`() async throws {
        let bytes = try Self.speech()
        let (done, wav, _) = try await decode(bytes, announces: true)
        var decoder = try OpusStreamDecoder()
        try decoder.append(bytes)
        decoder.finish()
        var samples: [Int16] = []
        while try decoder.read(into: &samples) {}
        var writer = WAVWriter(rate: 48_000, channels: 1)
        let data = try writer.append(samples)
        let expected = writer.header + data
        #expect(wav == expected)
        #expect(
            done.artifacts == [
                "audio.wav": ArtifactClaimMessage(
                    sha256: try Samples.digest(expected), size: UInt64(expected.count), type: "audio/wav")
            ])
        let audio = try #require(done.annotations?["audio"])
        #expect(audio["duration_ms"]?.integer == Int64(samples.count / 48))
        #expect(audio["gap_count"]?.integer == 0)
        #expect(audio["gaps"] == .array([]))
        #expect(audio["complete"] == .bool(true))
        var meter = LevelMeter()
        meter.add(samples)
        #expect(audio["peak_dbfs"] == .number((try #require(meter.peak) * 10).rounded() / 10))
        #expect(done.jobs == [FollowUpRequest(queue: "upload", data: .object(["artifacts": .array([.string("audio.wav")])]))])
    }

    @Test func `a connection that breaks is taken up where it was`() async throws {
        let bytes = try Self.speech()
        let (done, wav, ranges) = try await decode(bytes, rate: 16_000, cuts: [1000, 0, 500])
        #expect(ranges == [nil, "bytes=1000-", "bytes=1000-", "bytes=1500-"])
        #expect(done.annotations?["audio"]?["gap_count"]?.integer == 0)
        #expect(done.jobs == nil)
        #expect((wav?.count ?? 0) > 44)
    }

    @Test func `damage is in the gap map`() async throws {
        var bytes = try Self.speech()
        bytes[bytes.count / 2] ^= 0x40
        let (done, _, _) = try await decode(bytes, rate: 16_000)
        let audio = try #require(done.annotations?["audio"])
        #expect(audio["gap_count"]?.integer == 1)
        guard case .array(let gaps)? = audio["gaps"] else {
            Issue.record("no gaps")
            return
        }
        #expect(gaps.first?["reason"]?.string == "damage")
        #expect((gaps.first?["duration_ms"]?.integer ?? 0) > 0)
        #expect(gaps.first?["duration_ms"] == audio["missing_ms"])
    }

    @Test func `what is no recording is said, and the job is done`() async throws {
        for (bytes, code) in [(Array("RIFF, not Ogg".utf8), "not_ogg"), ([UInt8](repeating: 0x4F, count: 100_000), "not_ogg")] {
            let (done, wav, _) = try await decode(bytes)
            #expect(done.annotations?["audio"]?["error"]?["code"]?.string == code)
            #expect(done.artifacts == nil && done.jobs == nil)
            #expect(wav == nil)
        }
    }

    @Test(arguments: 0..<8)
    func `hostile streams are decoded or refused`(seed: UInt64) async throws {
        var random = SystemRandomNumberGenerator()
        var bytes = try Self.speech()
        for _ in 0..<200 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random) }
        let (done, _, _) = try await decode(bytes, rate: 8000)
        #expect(done.annotations?["audio"] != nil)
    }

    @Test func `another digest than the announced one is not worked on`() async throws {
        let folder = try Folder()
        let bytes = try Self.speech()
        let other = try #require(SHA256Digest([UInt8](repeating: 7, count: 32)))
        let recording = try Samples.recording(bytes, sha256: other)
        await #expect(throws: Download.Failure.self) {
            try await StubGateway.serve(at: folder.path(of: "s")) { stub, client in
                await stub.say(other, of: bytes)
                await stub.set(recording, files: ["audio": bytes])
                _ = try await Decoder(DecodeSettings(rate: 8000), announcesToUpload: false).work(client, Samples.job("decode", recording))
            }
        }
    }
}
