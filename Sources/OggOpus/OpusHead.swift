/// The identification header (RFC 7845, 5.1).
package struct OpusHead: Hashable, Sendable {
    /// 1 or 2.
    package let channels: Int
    /// Samples at 48 kHz to drop from the decoder's first output.
    package let preSkip: Int
    /// The rate of the recording in Hz; 0 when not known. Playback does not need it.
    package let inputRate: UInt32
    /// To be applied when decoding, in 1/256 dB.
    package let gain: Int16
    /// The stream's own header was damaged: these are the values of most speech recordings.
    package let isAssumed: Bool

    package init(channels: Int, preSkip: Int, inputRate: UInt32, gain: Int16 = 0) {
        self.init(channels: channels, preSkip: preSkip, inputRate: inputRate, gain: gain, isAssumed: false)
    }

    private init(channels: Int, preSkip: Int, inputRate: UInt32, gain: Int16, isAssumed: Bool) {
        self.channels = channels
        self.preSkip = preSkip
        self.inputRate = inputRate
        self.gain = gain
        self.isAssumed = isAssumed
    }

    /// What stands in for a header that was damaged: mono, and the delay of libopus at 16 kHz.
    static let assumed = OpusHead(channels: 1, preSkip: 312, inputRate: 16_000, gain: 0, isAssumed: true)

    /// The first eight bytes of the packet.
    static let magic = Array("OpusHead".utf8)

    /// - Throws: `invalidHeader`, or `unsupported` for what a recorder does not make.
    package init(packet: [UInt8]) throws(OggOpusError) {
        guard packet.starts(with: Self.magic) else { throw OggOpusError(.notOpus, "The packet does not begin with OpusHead.") }
        guard packet.count >= 19 else {
            throw OggOpusError(.invalidHeader, "The Opus header has \(packet.count) bytes; it needs 19.")
        }
        guard packet[8] & 0xF0 == 0 else {
            throw OggOpusError(.unsupported, "The Opus header has version \(packet[8]); versions below 16 are understood.")
        }
        let channels = Int(packet[9])
        guard channels == 1 || channels == 2 else {
            throw OggOpusError(.unsupported, "The stream has \(channels) channels; one or two are understood.")
        }
        switch packet[18] {
        case 0: break
        // With the Vorbis mapping, mono and stereo mean the same when they are one stream in the usual order.
        case 1 where packet.count >= 21 + channels && packet[19] == 1 && Int(packet[20]) == channels - 1:
            guard packet[21...].prefix(channels).elementsEqual(0..<UInt8(channels)) else {
                throw OggOpusError(.unsupported, "The stream's channels are in an unusual order.")
            }
        default: throw OggOpusError(.unsupported, "The stream's channel mapping family is \(packet[18]); 0 is understood.")
        }
        self.init(
            channels: channels, preSkip: Int(packet.littleEndian(at: 10, UInt16.self)), inputRate: packet.littleEndian(at: 12, UInt32.self),
            gain: Int16(bitPattern: packet.littleEndian(at: 16, UInt16.self)), isAssumed: false)
    }

    /// The header packet, version 1, mapping family 0.
    package var packet: [UInt8] {
        var bytes = Self.magic + [1, UInt8(truncatingIfNeeded: channels)]
        bytes.append(littleEndian: UInt16(clamping: preSkip))
        bytes.append(littleEndian: inputRate)
        bytes.append(littleEndian: gain)
        return bytes + [0]
    }
}
