internal import OggOpus
internal import OpusAudio

/// Makes speech of a wanted length out of real speech, and objects out of speech.
package enum RecordingFactory {
    /// Silence between two clips, in samples at 16 kHz.
    private static let pause = RecordingEncoder.rate * 6 / 10
    /// The longest recording that a software card is given: a card holds all in memory.
    package static let longest: Duration = .seconds(4 * 3600)

    /// The clips one behind the other with pauses between them: once each, or over and over until `length` is reached exactly.
    ///
    /// - Parameter clips: mono at 16 kHz, as `WAVFile.speech()` gives it.
    /// - Throws: `SoftwareCardError.speech` when there is nothing to repeat or the length is out of bounds.
    package static func speech(from clips: [[Int16]], length: Duration? = nil) throws -> [Int16] {
        let clips = clips.filter { !$0.isEmpty }
        guard !clips.isEmpty else { throw SoftwareCardError(.speech, "The sound files hold no samples.") }
        guard let length else { return Array(clips.joined(separator: [Int16](repeating: 0, count: pause))) }
        guard length > .zero, length <= longest else {
            throw SoftwareCardError(.speech, "A recording's length is more than 0 s and at most \(longest.components.seconds) s.")
        }
        let count = Int(clamping: length.milliseconds) * RecordingEncoder.rate / 1000
        var samples: [Int16] = []
        samples.reserveCapacity(count)
        while samples.count < count {
            for clip in clips where samples.count < count {
                samples += clip.prefix(count - samples.count)
                samples += repeatElement(0, count: min(pause, count - samples.count))
            }
        }
        return samples
    }

    /// The whole object. Computes for about 10 ms for each second of speech and lets others run in between.
    @concurrent
    static func object(of samples: [Int16], tags: RecorderTags, bitrate: Int, streamSerial: UInt32) async throws -> [UInt8] {
        do {
            var encoder = try RecordingEncoder(bitrate: bitrate, tags: tags, streamSerial: streamSerial)
            var object = try encoder.start()
            var position = 0
            while position < samples.count {
                let piece = samples[position..<min(samples.count, position + RecordingEncoder.rate)]
                object += try encoder.append(piece)
                position += piece.count
                try Task.checkCancellation()
                await Task.yield()
            }
            object += try encoder.finish()
            return object
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SoftwareCardError(.speech, "The speech cannot be encoded.", cause: error)
        }
    }
}
