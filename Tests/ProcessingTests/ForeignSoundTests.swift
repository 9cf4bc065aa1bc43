import APIClient
import Foundation
import GatewayAPI
import OpusAudio
import Processing
import Recordings
import StubGateway
import TestSupport
import Testing
import Workers

/// What is no Ogg Opus, through the real ffmpeg.
@Suite("The queue decode, with ffmpeg")
struct ForeignSoundTests {
    private static let spoken = "/usr/share/sounds/alsa/Front_Center.wav"
    static let hasFFmpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/ffmpeg")
    }

    private static func outcome(
        _ bytes: [UInt8], _ format: AudioFormat, rate: Int = 48_000, ffmpeg: String = "ffmpeg"
    ) async throws -> (outcome: LeaseLoop.Outcome, wav: [UInt8]?) {
        let folder = try Folder()
        let digest = try Samples.digest(bytes)
        let recording = try Samples.recording(bytes, sha256: digest, name: "import", format: format)
        return try await StubGateway.serve(at: folder.path(of: "s")) { stub, client in
            await stub.say(digest, of: bytes)
            await stub.set(recording, files: ["audio": bytes], cuts: [])
            let decoder = Decoder(DecodeSettings(rate: rate, ffmpeg: ffmpeg), announcesToUpload: false)
            let outcome = try await decoder.work(client, Samples.job("decode", recording))
            return (outcome, await stub.sent["audio.wav"])
        }
    }

    /// The spoken words as a file of that format.
    private static func encoded(_ format: AudioFormat, _ folder: Folder) throws -> [UInt8] {
        guard format != .wav else { return Array(try Data(contentsOf: URL(filePath: spoken))) }
        let path = folder.path(of: "spoken.\(format.fileExtension)")
        let (status, said) = try ChildProcess.run("ffmpeg", ["-nostdin", "-loglevel", "error", "-i", spoken, path])
        #expect(status == 0, "\(said)")
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        #expect(AudioHead(bytes) == .audio(format))
        return bytes
    }

    @Test(.enabled(if: hasFFmpeg, "ffmpeg is not installed: Scripts/test installs it"), arguments: [AudioFormat.wav, .flac, .mp3, .m4a])
    func `each format becomes a WAV file, a length and levels`(format: AudioFormat) async throws {
        let folder = try Folder()
        let original = try WAVFile(Array(Data(contentsOf: URL(filePath: Self.spoken))))
        let (outcome, wav) = try await Self.outcome(try Self.encoded(format, folder), format)
        let decoded = try WAVFile(try #require(wav))
        #expect(decoded.rate == 48_000 && decoded.channels == original.channels)
        // What loses nothing has every sample; the others have a frame more or less at each end.
        #expect(abs(decoded.frames - original.frames) <= (format == .wav || format == .flac ? 0 : 4096))
        if format == .wav || format == .flac { #expect(decoded.mono() == original.mono()) }
        let audio = try #require(outcome.done?.annotations?["audio"])
        #expect(abs((audio["duration_ms"]?.integer ?? 0) - Int64(original.frames / 48)) < 100)
        #expect(audio["complete"] == .bool(true) && audio["channels"]?.integer == 1 && audio["gaps"] == .array([]))
        guard case .number(let peak)? = audio["peak_dbfs"] else { return #expect(Bool(false), "\(audio)") }
        #expect((-20...0).contains(peak))
    }

    @Test(.enabled(if: hasFFmpeg, "ffmpeg is not installed: Scripts/test installs it"))
    func `what only begins like sound is an annotation that says so`() async throws {
        let heads: [(AudioFormat, [UInt8])] = [
            (.flac, Array("fLaC".utf8)), (.wav, Array("RIFF____WAVE".utf8)), (.mp3, Array("ID3".utf8)),
            (.m4a, [0, 0, 0, 24] + Array("ftypM4A ".utf8)),
        ]
        for (format, head) in heads {
            let (outcome, wav) = try await Self.outcome(head + (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }, format)
            #expect(wav == nil)
            #expect(outcome.done?.annotations?["audio"]?["error"]?["code"] == .string("not_decodable"), "\(format)")
        }
    }

    /// A playlist in the disguise of a recording must not make ffmpeg open what it names.
    @Test(.enabled(if: hasFFmpeg, "ffmpeg is not installed: Scripts/test installs it"))
    func `no other file is opened`() async throws {
        let playlist = Array("#EXTM3U\n#EXTINF:1,\nfile://\(Self.spoken)\n".utf8)
        let concat = Array("ffconcat version 1.0\nfile \(Self.spoken)\n".utf8)
        for bytes in [playlist, concat] {
            for format in [AudioFormat.wav, .flac, .mp3, .m4a] {
                let (outcome, wav) = try await Self.outcome(bytes, format)
                #expect(wav == nil && outcome.done?.annotations?["audio"]?["error"] != nil, "\(format)")
            }
        }
    }

    @Test func `without ffmpeg the job says what to install`() async throws {
        let (outcome, _) = try await Self.outcome(Array("fLaC".utf8), .flac, ffmpeg: "/nowhere/ffmpeg")
        guard case .failed(let request) = outcome else { return #expect(Bool(false)) }
        #expect(request.retry == false)
        #expect(request.reason == "It is FLAC, which ffmpeg decodes, and ffmpeg is not installed here: sudo apt install ffmpeg")
    }
}
