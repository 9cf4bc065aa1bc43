/// Places packets and gaps in time by the pages' granule positions (RFC 7845, 4). Counts are samples at 48 kHz.
struct OpusTimeline {
    /// Why something may be missing before a page.
    struct Break {
        let reason: OpusGap.Reason
        let offset: UInt64
        let bytes: UInt64
    }

    var preSkip: Int64 = 0
    /// No page between the headers and the first audio page is missing: a first position above 0 is then where the stream was cut from a
    /// longer one (RFC 7845, 4.3), else it is audio that was lost.
    var isWholeFromStart = true

    /// The granule position that the next page should begin with; nil before the first.
    private var expected: Int64?
    /// What a decoder has returned so far, pre-skip included.
    private var decoded: Int64 = 0

    /// The playing position reached.
    var playing: Int64 { max(0, decoded - preSkip) - trimmed }
    private var trimmed: Int64 = 0

    /// A position no stream reaches: sums stop here.
    private static let end: Int64 = 1 << 60

    func gap(_ reason: OpusGap.Reason, duration: Int64 = 0, offset: UInt64, bytes: UInt64) -> OpusGap {
        OpusGap(reason, start: playing, duration: duration, offset: offset, bytes: bytes)
    }

    /// - Parameters:
    ///   - packets: what ends on the page; nil where a packet was torn.
    ///   - gap: what is known to be wrong before the page.
    mutating func add(_ packets: [[UInt8]?], of page: OggPage, at offset: UInt64, after gap: Break?, to items: inout [OpusStreamItem]) {
        let durations = packets.map { $0.flatMap { PacketDuration.samples(of: $0) } }
        let sound = durations.reduce(into: Int64(0)) { $0 += Int64($1 ?? 0) }
        let bad = Int64(durations.count { $0 == nil })
        var missing: Int64 = 0
        var surplus: Int64 = 0
        if let granule = page.granule, !packets.isEmpty {
            let begin: Int64
            if let expected {
                begin = expected
            } else {
                begin = isWholeFromStart && bad == 0 && gap == nil ? max(0, granule - sound) : 0
            }
            missing = max(0, granule - begin - sound)
            if page.isLast { surplus = max(0, begin + sound - granule) }
            expected = granule
        } else if !packets.isEmpty {
            expected = (expected ?? 0) + sound
        }
        // Without a break before the page, what is missing is what its bad packets would have played.
        var missingWithin = gap == nil && bad > 0 ? missing : 0
        let missingBefore = missing - missingWithin
        if let gap {
            skip(missingBefore, reason: gap.reason, offset: gap.offset, bytes: gap.bytes, to: &items)
        } else if missingBefore > 0 {
            skip(missingBefore, reason: .jump, offset: offset, bytes: 0, to: &items)
        }
        var left = sound - min(sound, surplus)
        var badLeft = bad
        for (packet, duration) in zip(packets, durations) {
            guard let packet, let duration else {
                let share = missingWithin / badLeft
                missingWithin -= share
                badLeft -= 1
                skip(share, reason: .badPacket, offset: offset, bytes: UInt64(packet?.count ?? 0), to: &items)
                continue
            }
            let skipped = Int(max(0, min(Int64(duration), preSkip - decoded)))
            let heard = Int(max(0, min(Int64(duration), left) - Int64(skipped)))
            items.append(.packet(OpusPacket(bytes: packet, duration: duration, start: playing, skip: skipped, keep: heard, offset: offset)))
            advance(by: Int64(duration))
            trimmed += Int64(duration - skipped - heard)
            left = max(0, left - Int64(duration))
        }
    }

    private mutating func skip(_ missing: Int64, reason: OpusGap.Reason, offset: UInt64, bytes: UInt64, to items: inout [OpusStreamItem]) {
        let start = playing
        advance(by: missing)
        items.append(.gap(OpusGap(reason, start: start, duration: playing - start, offset: offset, bytes: bytes)))
    }

    private mutating func advance(by samples: Int64) { decoded = min(Self.end, decoded + samples) }
}
