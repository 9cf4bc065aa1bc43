/// What a reader finds, in the order of the stream: the head, the tags, then packets and gaps.
package enum OpusStreamItem: Hashable, Sendable {
    case head(OpusHead)
    case tags(OpusTags)
    case packet(OpusPacket)
    case gap(OpusGap)
}

/// One packet and which part of its audio is to be heard. All counts are samples at 48 kHz.
package struct OpusPacket: Hashable, Sendable {
    package let bytes: [UInt8]
    /// What the decoder will return for it.
    package let duration: Int
    /// The playing position of the first sample that is heard; 0 is the first sample of the recording.
    package let start: Int64
    /// Samples to drop from its front: pre-skip.
    package let skip: Int
    /// Samples to be heard behind them; fewer than the rest when the stream is trimmed at its end.
    package let keep: Int
    /// Where in the stream the page stands on which the packet ends.
    package let offset: UInt64
}

/// Audio that is missing from a stream, or bytes of it that could not be used.
package struct OpusGap: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// Bytes that form no page with a right checksum.
        case damage
        /// Pages that the numbering shows to be missing.
        case lostPages = "lost_pages"
        /// A packet that breaks RFC 6716 or that the decoder refused.
        case badPacket = "bad_packet"
        /// The positions jump though no page is missing.
        case jump
        /// Pages of another stream in the same file: a second recording behind the first, or one interleaved with it. Said once, at the end.
        case otherStream = "other_stream"
        /// The stream ends within a page or packet.
        case cutShort = "cut_short"
    }

    package let reason: Reason
    /// The playing position at which it begins, in samples at 48 kHz.
    package let start: Int64
    /// How much audio is missing, in samples at 48 kHz; 0 when none is, or when the stream ends here and nothing tells.
    package let duration: Int64
    /// Where in the stream the unusable bytes begin, or the page behind the missing ones.
    package let offset: UInt64
    /// How many bytes could not be used.
    package let bytes: UInt64

    package init(_ reason: Reason, start: Int64, duration: Int64, offset: UInt64, bytes: UInt64) {
        self.reason = reason
        self.start = start
        self.duration = duration
        self.offset = offset
        self.bytes = bytes
    }

    package var startMilliseconds: Int64 { start / 48 }
    package var durationMilliseconds: Int64 { (duration + 47) / 48 }
}
