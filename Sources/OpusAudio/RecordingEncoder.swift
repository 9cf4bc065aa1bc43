package import OggOpus

/// Makes a card's recording object (Recorder Card Profile, Recording object) from speech at 16 kHz, page by page.
///
/// `start`, then `append` as samples come, then `finish`: what they return, one behind the other, is the object, and at every moment between
/// calls it is a valid stream that is merely not finished.
package struct RecordingEncoder: ~Copyable {
    /// Hz; what samples must have.
    package static let rate = 16_000

    private var encoder: OpusEncoder
    private var writer: OpusStreamWriter
    /// Samples that do not yet make a frame.
    private var waiting: [Int16] = []
    /// Samples per channel given so far.
    private var given: Int64 = 0
    /// Frames encoded so far.
    private var frames: Int64 = 0

    /// - Parameters:
    ///   - channels: 1 or 2.
    ///   - bitrate: aimed at, in bit/s.
    ///   - tags: what the stream says about itself.
    ///   - streamSerial: Ogg's number of the logical stream: any, best random.
    package init(channels: Int = 1, bitrate: Int = 32_000, tags: RecorderTags, streamSerial: UInt32) throws(OpusAudioError) {
        encoder = try OpusEncoder(channels: channels, bitrate: bitrate)
        let head = OpusHead(channels: channels, preSkip: encoder.delay, inputRate: UInt32(Self.rate))
        writer = OpusStreamWriter(head: head, tags: tags.tags(vendor: "Earshot software card"), serial: streamSerial)
    }

    /// The header pages.
    package func start() throws -> [UInt8] { try writer.headers() }

    /// - Parameter samples: any number, interleaved when there are two channels.
    /// - Returns: the pages that became complete.
    package mutating func append(_ samples: some Collection<Int16>) throws -> [UInt8] {
        waiting += samples
        given += Int64(samples.count / encoder.channels)
        let size = OpusEncoder.frame * encoder.channels
        var pages: [UInt8] = []
        var position = 0
        while waiting.count - position >= size {
            pages += try encode(Array(waiting[position..<position + size]))
            position += size
        }
        waiting.removeFirst(position)
        return pages
    }

    /// The last pages; the stream plays exactly as long as the samples given.
    package consuming func finish() throws -> [UInt8] {
        var pages: [UInt8] = []
        let size = OpusEncoder.frame * encoder.channels
        // Silence pushes the encoder's delay out.
        while frames * Int64(OpusEncoder.frame * 3) < given * 3 + Int64(encoder.delay) {
            let frame = waiting.prefix(size)
            waiting.removeFirst(frame.count)
            pages += try encode(frame + [Int16](repeating: 0, count: size - frame.count))
        }
        return pages + writer.finish(playing: given * 3)
    }

    private mutating func encode(_ frame: [Int16]) throws -> [UInt8] {
        frames += 1
        return try writer.append(try encoder.encode(frame))
    }
}
