internal import COpus
internal import OggOpus

/// One libopus decoder.
///
/// `@safe`: the pointer is made and freed here and never leaves.
@safe struct OpusDecoder: ~Copyable {
    private let decoder: OpaquePointer
    let rate: Int
    let channels: Int

    /// - Parameters:
    ///   - rate: 8000, 12000, 16000, 24000 or 48000.
    ///   - gain: in 1/256 dB.
    init(rate: Int, channels: Int, gain: Int16) throws(OpusAudioError) {
        guard [8000, 12_000, 16_000, 24_000, 48_000].contains(rate), channels == 1 || channels == 2 else {
            throw OpusAudioError(.unsupported, "Opus decodes to 8, 12, 16, 24 or 48 kHz, mono or stereo, not to \(rate) Hz, \(channels) channels.")
        }
        let decoder = unsafe try Self.make(rate: rate, channels: channels, gain: gain)
        unsafe self.decoder = decoder
        self.rate = rate
        self.channels = channels
    }

    private static func make(rate: Int, channels: Int, gain: Int16) throws(OpusAudioError) -> OpaquePointer {
        var error: Int32 = 0
        guard let decoder = unsafe opus_decoder_create(Int32(rate), Int32(channels), &error) else {
            throw OpusAudioError(.codec, "libopus made no decoder: error \(error).")
        }
        guard unsafe earshot_decoder_set_gain(decoder, Int32(gain)) == OPUS_OK else {
            unsafe opus_decoder_destroy(decoder)
            throw OpusAudioError(.codec, "libopus refused the gain \(gain).")
        }
        return unsafe decoder
    }

    deinit { unsafe opus_decoder_destroy(decoder) }

    /// Decodes one packet.
    ///
    /// - Parameter samples: room for 120 ms, interleaved.
    /// - Returns: samples per channel; nil when libopus refused the packet.
    mutating func decode(_ packet: [UInt8], into samples: inout [Float]) -> Int? {
        call(packet, frames: samples.count / channels, into: &samples)
    }

    /// What libopus makes up for a lost stretch (RFC 6716, 4.4).
    ///
    /// - Parameter frames: samples per channel, a multiple of 2.5 ms, for which `samples` has room.
    mutating func conceal(_ frames: Int, into samples: inout [Float]) -> Int? {
        call([], frames: frames, into: &samples)
    }

    /// No bytes mean a lost packet.
    private mutating func call(_ packet: [UInt8], frames: Int, into samples: inout [Float]) -> Int? {
        let count = unsafe samples.withUnsafeMutableBufferPointer { samples in
            unsafe packet.withUnsafeBufferPointer { packet in
                guard let room = samples.baseAddress, frames * channels <= samples.count else { return Int32(OPUS_BAD_ARG) }
                return unsafe opus_decode_float(
                    decoder, packet.isEmpty ? nil : packet.baseAddress, Int32(packet.count), room, Int32(frames), 0)
            }
        }
        return count < 0 ? nil : Int(count)
    }
}
