import OggOpus
import OpusAudio

/// Opus to PCM, and WAV files: as many samples as the stream plays, never more than an hour for what is missing.
enum AudioEntry {
    /// Enough for every kind of step; a stream may owe an hour of silence.
    private static let mostReads = 400

    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        switch draws.byte() % 4 {
        case 0: wav(draws.all())
        case 1: stream(&draws, repair: false)
        default: stream(&draws, repair: true)
        }
    }

    private static func stream(_ draws: inout Draws, repair: Bool) {
        let rate = draws.pick([8000, 12_000, 16_000, 24_000, 48_000])
        let channels = draws.pick([nil, 1, 2])
        let piece = 1 + draws.number(below: 1024)
        let bytes = repair ? OggPages.withRightChecksums(draws.all()) : draws.all()
        guard var decoder = try? OpusStreamDecoder(rate: rate, channels: channels) else { return check(false, "libopus has these rates") }
        var frames = 0
        var reads = 0
        var position = 0
        while reads < mostReads {
            if position < bytes.count {
                let end = min(position + piece, bytes.count)
                guard (try? decoder.append(Array(bytes[position..<end]))) != nil else { return }
                position = end
                if position == bytes.count { decoder.finish() }
            }
            var isDone = false
            while reads < mostReads {
                var samples: [Int16] = []
                guard let more = try? decoder.read(into: &samples) else { return }
                guard more else {
                    isDone = position == bytes.count
                    break
                }
                reads += 1
                guard let count = decoder.channels else { return check(false, "who gives samples knows their channels") }
                check(!samples.isEmpty && samples.count % count == 0, "samples are whole: \(samples.count) of \(count) channels after \(frames)")
                check(samples.count <= rate * count * 12 / 100, "a read gives at most 120 ms")
                frames += samples.count / count
            }
            if isDone {
                finished(decoder.duration, frames, rate, hasSkippedSilence: decoder.missing > 3600 * 48_000)
                return
            }
            guard position < bytes.count || reads < mostReads else { return }
            if bytes.isEmpty { return }
        }
    }

    private static func finished(_ duration: Int64, _ frames: Int, _ rate: Int, hasSkippedSilence: Bool) {
        guard !hasSkippedSilence else { return }
        let expected = max(0, duration) * Int64(rate) / 48_000
        check(abs(Int64(frames) - expected) <= Int64(rate / 8), "\(frames) samples at \(rate) Hz are what \(duration) at 48 kHz play")
    }

    private static func wav(_ bytes: [UInt8]) {
        guard let file = try? WAVFile(bytes) else { return }
        check(file.channels == 1 || file.channels == 2, "one channel or two")
        check((4000...192_000).contains(file.rate) && file.frames * file.channels * 2 <= bytes.count, "samples stand in the file")
        guard file.frames <= 2000 else { return }
        let mono = file.mono()
        check(mono.count == file.frames && mono.allSatisfy { $0 >= -1 && $0 <= 1 }, "full scale is 1")
        check(file.speech().count == (file.frames * 16_000 + file.rate - 1) / file.rate, "speech is as long as the file")
    }
}
