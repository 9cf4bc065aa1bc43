internal import EventLoop
internal import GatewayAPI
internal import OggOpus
internal import OpusAudio
internal import Workers

/// What became of one recording.
enum DecodedFile: Sendable {
    case sound(SoundReport)
    /// There is no sound in it: why.
    case none(code: String, detail: String)

    /// A stream may be made so that looking for its pages costs thousands of times its length. An hour of speech takes ten seconds to decode.
    private static let timeLimit = Duration.seconds(20 * 60)

    /// Decodes a file to a WAV file at the rate wanted, or, when that would exceed 4 GiB, at 16 or 8 kHz.
    ///
    /// Takes long and calls the disk: use it on a `FileThread`. Ends soon after its task is cancelled.
    ///
    /// - Throws: `SystemError`, `CancellationError`.
    static func make(from opus: String, to wav: String, rate: Int) throws -> DecodedFile {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: timeLimit)
        for rate in [rate] + [16_000, 8000].filter({ $0 < rate }) {
            do {
                var run = try Run.begin(opus: opus, wav: wav, rate: rate)
                while try run.step() {
                    try Task.checkCancellation()
                    guard clock.now < end else {
                        return .none(code: "too_slow", detail: "Decoding took more than \(timeLimit): the stream is not a recording.")
                    }
                }
                return .sound(try run.finish())
            } catch let error as OpusAudioError where error.code == .tooLarge {
                continue
            } catch let error as OpusAudioError {
                return .none(code: error.code.rawValue, detail: error.detail)
            } catch let error as OggOpusError {
                return .none(code: error.code.rawValue, detail: error.detail)
            }
        }
        return .none(code: "too_large", detail: "Even at 8 kHz the sound is longer than a WAV file can hold.")
    }

    /// The value of the annotation `audio`.
    var annotation: JSONValue {
        switch self {
        case .sound(let report): report.json
        case .none(let code, let detail): .object(["error": .object(["code": .string(code), "detail": .string(detail)])])
        }
    }

    /// One pass over the file.
    private struct Run: ~Copyable {
        private static let piece = 64 << 10

        private let source: FileReader
        private let target: DurableFile
        private var decoder: OpusStreamDecoder
        private var writer: WAVWriter?
        private var meter = LevelMeter()
        private var offset = 0
        private var samples: [Int16] = []

        private init(_ source: FileReader, _ target: consuming DurableFile, _ decoder: consuming OpusStreamDecoder) {
            self.source = source
            self.target = target
            self.decoder = decoder
        }

        static func begin(opus: String, wav: String, rate: Int) throws -> Run {
            let target = try DurableFile.open(path: wav, .create)
            try target.truncate(to: 0)
            return Run(try FileReader(opus), target, try OpusStreamDecoder(rate: rate))
        }

        /// - Returns: whether there is more.
        mutating func step() throws -> Bool {
            let bytes = try source.read(at: offset, atMost: Self.piece)
            offset += bytes.count
            if bytes.isEmpty { decoder.finish() } else { try decoder.append(bytes) }
            repeat {
                samples.removeAll(keepingCapacity: true)
                var more = true
                while more, samples.count < Self.piece { more = try decoder.read(into: &samples) }
                try write()
            } while !samples.isEmpty
            return !bytes.isEmpty
        }

        private mutating func write() throws {
            guard !samples.isEmpty, let channels = decoder.channels else { return }
            var writer = writer ?? WAVWriter(rate: decoder.rate, channels: channels)
            let position = WAVWriter.headerBytes + Int(writer.dataBytes)
            let bytes = try writer.append(samples)
            try unsafe target.write(bytes.span.bytes, at: position)
            self.writer = writer
            meter.add(samples)
        }

        mutating func finish() throws -> SoundReport {
            let writer = writer ?? WAVWriter(rate: decoder.rate, channels: decoder.channels ?? 1)
            let header = writer.header
            try unsafe target.write(header.span.bytes, at: 0)
            try target.synchronizeData()
            return SoundReport(
                rate: writer.rate, channels: writer.channels, durationMilliseconds: decoder.duration / 48, peak: meter.peak, rms: meter.rms,
                isComplete: decoder.hasEnd, gaps: decoder.gaps, gapCount: decoder.gapCount, missingMilliseconds: (decoder.missing + 47) / 48)
        }
    }
}
