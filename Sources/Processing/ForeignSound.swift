internal import EventLoop
internal import OpusAudio
internal import Recordings
internal import Workers

/// Decodes what is no Ogg Opus with ffmpeg, which is not part of Earshot: a child of its own, without network, that reads one file of a named
/// format and writes one WAV file.
struct ForeignSound: Sendable {
    enum Outcome: Sendable {
        case decoded(DecodedFile)
        case notInstalled
        /// It did not say anything about the file: it is worth another try.
        case failed(String)
    }

    /// An hour of sound takes seconds.
    private static let timeLimit = Duration.seconds(20 * 60)
    /// Bytes of the WAV file; its header cannot say more than 4 GiB.
    private static let longest = 4_294_900_000
    /// Of what ffmpeg writes with `-bitexact`: RIFF, fmt and data, nothing between them.
    private static let headerBytes = 44
    private static let piece = 1 << 20

    /// By path or found on `PATH`.
    let program: String
    let files: FileThread
    let folder: WorkFolder

    /// - Parameter path: of the file, in the folder.
    /// - Throws: `CancellationError`, `SystemError`.
    func decode(_ path: String, _ format: AudioFormat, to wav: String, rate: Int) async throws -> Outcome {
        for rate in [rate] + [16_000, 8000].filter({ $0 < rate }) {
            let settings = AgentSettings(command: [program] + Self.arguments(path, format, to: wav, rate: rate), limit: Self.timeLimit)
            switch try await AgentProgram(settings, folder: folder.path).run("/dev/null") {
            case .exited(0, _, let said):
                let size = try await files.perform { try FileReader(wav).size }
                guard size < Self.longest else { continue }
                return .decoded(try await files.perform { try Self.measure(wav, rate: rate, isComplete: said.isEmpty) })
            case .exited(_, _, let said):
                return .decoded(.none(code: "not_decodable", detail: said.isEmpty ? "ffmpeg could not decode it." : "ffmpeg says: \(said)"))
            case .signalled(let signal, _): return .failed("ffmpeg was ended by signal \(signal).")
            case .timedOut: return .decoded(.none(code: "too_slow", detail: "Decoding took more than \(Self.timeLimit)."))
            case .tooMuchOutput: return .failed("ffmpeg wrote to its standard output.")
            case .notStarted: return .notInstalled
            }
        }
        return .decoded(.none(code: "too_large", detail: "Even at 8 kHz the sound is longer than a WAV file can hold."))
    }

    /// The format is the one that was recognised, not what ffmpeg would make of it: no playlist is followed, no other file is opened.
    private static func arguments(_ path: String, _ format: AudioFormat, to wav: String, rate: Int) -> [String] {
        let demuxer =
            switch format {
            case .opus: "ogg"
            case .wav: "wav"
            case .flac: "flac"
            case .mp3: "mp3"
            case .m4a: "mov"
            }
        return [
            "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1", "-protocol_whitelist", "file,pipe", "-f", demuxer, "-i",
            "file:" + path, "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1", "-af",
            "aformat=channel_layouts=mono|stereo",
            "-ar", "\(rate)", "-c:a", "pcm_s16le", "-bitexact", "-fs", "\(longest)", "-f", "wav", "file:" + wav,
        ]
    }

    /// Takes long and calls the disk.
    private static func measure(_ wav: String, rate: Int, isComplete: Bool) throws -> DecodedFile {
        let file = try FileReader(wav)
        let header = try file.read(at: 0, atMost: headerBytes)
        guard header.count == headerBytes, header.starts(with: "RIFF".utf8), header[36..<40].elementsEqual("data".utf8), (1...2).contains(header[22])
        else {
            return .none(code: "not_decodable", detail: "ffmpeg wrote no WAV file as it was asked to.")
        }
        let channels = Int(header[22])
        var meter = LevelMeter()
        var offset = headerBytes
        while true {
            try Task.checkCancellation()
            let bytes = try file.read(at: offset, atMost: piece)
            if bytes.isEmpty { break }
            meter.add(stride(from: 0, to: bytes.count - 1, by: 2).map { Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8) })
            offset += bytes.count
        }
        let frames = (offset - headerBytes) / (2 * channels)
        guard frames > 0 else { return .none(code: "no_sound", detail: "There is no sound in it.") }
        return .sound(
            SoundReport(
                rate: rate, channels: channels, durationMilliseconds: Int64(frames) * 1000 / Int64(rate), peak: meter.peak, rms: meter.rms,
                isComplete: isComplete, gaps: [], gapCount: 0, missingMilliseconds: 0))
    }
}
