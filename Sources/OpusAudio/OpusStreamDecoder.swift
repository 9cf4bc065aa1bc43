package import OggOpus

/// Decodes an Ogg Opus stream to 16-bit PCM in pieces; damage is concealed or silent and is listed.
///
/// Give it bytes with `append`, at most a megabyte at a time, take samples with `read` until it returns false; after the last bytes call
/// `finish` and take the rest. At 48 kHz the samples are those of `opusdec --rate 48000 --no-dither`.
package struct OpusStreamDecoder: ~Copyable {
    /// Gaps that are listed; more are only counted.
    package static let mostGaps = 10_000
    /// What libopus makes up before silence follows, in samples at 48 kHz: beyond 60 ms it only hums.
    private static let longestConcealment: Int64 = 2880
    /// Gaps may claim any length; a stream is filled up with at most an hour of silence in all, in samples at 48 kHz.
    private static let longestFill: Int64 = 3600 * 48_000

    /// Hz of the samples.
    package let rate: Int
    private let wantedChannels: Int?
    private var reader = OpusStreamReader()
    private var decoder: OpusDecoder?
    private var converter: SampleConverter
    private var buffer: [Float] = []
    /// Silence still to be given, in samples per channel.
    private var silence = 0
    private var filled: Int64 = 0
    /// Playing time given out or owed as silence, in samples at 48 kHz.
    private var position: Int64 = 0
    /// Samples per channel given out or owed.
    private var emitted: Int64 = 0

    package private(set) var head: OpusHead?
    package private(set) var tags: OpusTags?
    /// The first `mostGaps`, in order of time.
    package private(set) var gaps: [OpusGap] = []
    package private(set) var gapCount = 0
    /// Samples at 48 kHz that are missing in all.
    package private(set) var missing: Int64 = 0

    /// - Parameters:
    ///   - rate: 8000, 12000, 16000, 24000 or 48000.
    ///   - channels: 1 or 2; nil as the stream has.
    package init(rate: Int = 48_000, channels: Int? = nil) throws(OpusAudioError) {
        // Refuses a rate that libopus does not have before any byte is read.
        _ = try OpusDecoder(rate: rate, channels: channels ?? 1, gain: 0)
        self.rate = rate
        wantedChannels = channels
        converter = SampleConverter(channels: channels ?? 1)
    }

    /// Interleaved channels of the samples; known once the head was read.
    package var channels: Int? { wantedChannels ?? head?.channels }

    /// How long the stream plays so far, gaps included, in samples at 48 kHz.
    package var duration: Int64 { reader.duration }

    /// The end-of-stream mark was seen.
    package var hasEnd: Bool { reader.hasEnd }

    package mutating func append(_ bytes: [UInt8]) throws { try reader.append(bytes) }

    package mutating func finish() { reader.finish() }

    /// Appends at most 120 ms of interleaved samples.
    ///
    /// - Returns: false when more bytes are needed, or after `finish` when all was read.
    /// - Throws: `OggOpusError` when there is no Opus stream to read, `OpusAudioError` when libopus cannot be set up.
    package mutating func read(into samples: inout [Int16]) throws -> Bool {
        while true {
            if silence > 0 {
                let frames = min(silence, rate / 10)
                silence -= frames
                samples.append(contentsOf: repeatElement(0, count: frames * converter.channels))
                return true
            }
            guard let item = try reader.next() else { return false }
            switch item {
            case .head(let head):
                self.head = head
                let channels = wantedChannels ?? head.channels
                decoder = try OpusDecoder(rate: rate, channels: channels, gain: head.gain)
                converter = SampleConverter(channels: channels)
                buffer = [Float](repeating: 0, count: PacketDuration.longest * channels)
            case .tags(let tags): self.tags = tags
            case .gap(let gap):
                list(gap)
                if conceal(gap.duration, into: &samples) { return true }
            case .packet(let packet): if decode(packet, into: &samples) { return true }
            }
        }
    }

    private mutating func list(_ gap: OpusGap) {
        gapCount += 1
        missing = min(missing, .max / 2) + gap.duration
        if gaps.count < Self.mostGaps { gaps.append(gap) }
    }

    /// - Returns: whether samples came out.
    private mutating func decode(_ packet: OpusPacket, into samples: inout [Int16]) -> Bool {
        guard let frames = decoder?.decode(packet.bytes, into: &buffer) else {
            list(OpusGap(.badPacket, start: packet.start, duration: Int64(packet.keep), offset: packet.offset, bytes: UInt64(packet.bytes.count)))
            return conceal(Int64(packet.keep), into: &samples)
        }
        let skip = min(frames, packet.skip * rate / 48_000)
        let keep = min(frames - skip, advance(by: Int64(packet.keep)))
        emitted += Int64(keep)
        converter.convert(&buffer, from: skip, count: keep, into: &samples)
        return keep > 0
    }

    /// Fills a gap of so many samples at 48 kHz: a short one with what libopus makes up, the rest with silence, which is owed.
    ///
    /// - Returns: whether samples came out.
    private mutating func conceal(_ duration: Int64, into samples: inout [Int16]) -> Bool {
        let fill = min(duration, Self.longestFill - filled)
        guard fill > 0 else { return false }
        filled += fill
        let wanted = advance(by: fill)
        emitted += Int64(wanted)
        // libopus conceals in steps of 2.5 ms.
        let made = Int(min(fill, Self.longestConcealment)) / 120 * 120 * rate / 48_000
        var given = 0
        if made > 0, let frames = decoder?.conceal(made, into: &buffer) {
            given = min(frames, wanted)
            converter.convert(&buffer, from: 0, count: given, into: &samples)
        }
        silence = wanted - given
        return given > 0
    }

    /// Moves the playing time on; how many samples per channel at `rate` that is, without rounding errors adding up.
    private mutating func advance(by samples: Int64) -> Int {
        position += samples
        return max(0, Int(position * Int64(rate) / 48_000 - emitted))
    }
}
