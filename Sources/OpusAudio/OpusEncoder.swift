internal import COpus

/// One libopus encoder for speech: 16 kHz, frames of 20 ms.
///
/// `@safe`: the pointer is made and freed here and never leaves.
@safe struct OpusEncoder: ~Copyable {
    static let rate = 16_000
    /// Samples per channel of one frame.
    static let frame = 320

    private let encoder: OpaquePointer
    let channels: Int
    /// How much the encoder delays, in samples at 48 kHz: a stream's pre-skip.
    let delay: Int

    /// - Parameter bitrate: aimed at, in bit/s; the rate of each packet varies.
    init(channels: Int, bitrate: Int) throws(OpusAudioError) {
        guard channels == 1 || channels == 2, (6000...256_000).contains(bitrate) else {
            throw OpusAudioError(.unsupported, "A recording has one or two channels and 6 to 256 kbit/s, not \(channels) and \(bitrate) bit/s.")
        }
        let (encoder, lookahead) = unsafe try Self.make(channels: channels, bitrate: bitrate)
        unsafe self.encoder = encoder
        self.channels = channels
        delay = Int(lookahead) * 3
    }

    private static func make(channels: Int, bitrate: Int) throws(OpusAudioError) -> (OpaquePointer, lookahead: Int32) {
        var error: Int32 = 0
        guard let encoder = unsafe opus_encoder_create(Int32(rate), Int32(channels), OPUS_APPLICATION_VOIP, &error) else {
            throw OpusAudioError(.codec, "libopus made no encoder: error \(error).")
        }
        var lookahead: Int32 = 0
        guard unsafe earshot_encoder_set_bitrate(encoder, Int32(bitrate)) == OPUS_OK,
            unsafe earshot_encoder_set_vbr(encoder, 1) == OPUS_OK,
            unsafe earshot_encoder_get_lookahead(encoder, &lookahead) == OPUS_OK
        else {
            unsafe opus_encoder_destroy(encoder)
            throw OpusAudioError(.codec, "libopus refused \(bitrate) bit/s.")
        }
        return unsafe (encoder, lookahead)
    }

    deinit { unsafe opus_encoder_destroy(encoder) }

    /// - Parameter samples: `frame` samples per channel, interleaved.
    /// - Returns: one packet of at most 1275 bytes.
    mutating func encode(_ samples: [Int16]) throws(OpusAudioError) -> [UInt8] {
        guard samples.count == Self.frame * channels else {
            throw OpusAudioError(.unsupported, "A frame has \(Self.frame) samples per channel, not \(samples.count / channels).")
        }
        var packet = [UInt8](repeating: 0, count: 1275)
        let count = unsafe packet.withUnsafeMutableBufferPointer { packet in
            unsafe samples.withUnsafeBufferPointer { samples in
                guard let input = samples.baseAddress, let output = packet.baseAddress else { return Int32(OPUS_BAD_ARG) }
                return unsafe opus_encode(encoder, input, Int32(Self.frame), output, Int32(packet.count))
            }
        }
        guard count > 0 else { throw OpusAudioError(.codec, "libopus could not encode: error \(count).") }
        return Array(packet.prefix(Int(count)))
    }
}
