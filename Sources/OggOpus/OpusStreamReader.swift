/// Reads an Ogg Opus stream (RFC 7845) in pieces and never stops at damage: what is damaged costs its own audio and is reported as a gap.
///
/// Give it bytes with `append`, at most a megabyte at a time, and take items with `next` until it returns nil; after the last bytes call
/// `finish` and take the rest. It holds one page, one packet of at most 128 KiB and the items of one page.
package struct OpusStreamReader: ~Copyable {
    private enum Phase {
        case head
        case tags
        case audio
    }

    private var scanner = OggPageScanner()
    private var assembler = PacketAssembler()
    private var timeline = OpusTimeline()
    private var phase = Phase.head
    private var serial: UInt32?
    private var nextSequence: UInt32?
    /// Unusable bytes since the last good page of the stream.
    private var damage: (offset: UInt64, bytes: UInt64)?
    /// Pages of other streams behind the head.
    private var others: (offset: UInt64, bytes: UInt64)?
    private var otherCodec = false
    private var pages = 0
    private var isFinished = false
    private var isOver = false
    private var items: [OpusStreamItem] = []
    private var taken = 0

    package init() {}

    package mutating func append(_ bytes: [UInt8]) throws(OggOpusError) { try scanner.append(bytes) }

    /// No more bytes will come.
    package mutating func finish() {
        isFinished = true
        scanner.finish()
    }

    /// Samples at 48 kHz of all that was taken so far, gaps included: how long the stream plays.
    package var duration: Int64 { timeline.playing }

    /// The end-of-stream mark was seen; a recording cut short by power loss has none.
    package private(set) var hasEnd = false

    /// - Returns: nil when more bytes are needed, or after `finish` when all was taken.
    /// - Throws: only when there is no Opus stream to read: `notOgg`, `notOpus`, `unsupported`, `invalidHeader`.
    package mutating func next() throws(OggOpusError) -> OpusStreamItem? {
        while true {
            if taken < items.count {
                defer { taken += 1 }
                return items[taken]
            }
            items.removeAll(keepingCapacity: true)
            taken = 0
            switch scanner.next() {
            case .skipped(let offset, let bytes): damage = (damage?.offset ?? offset, (damage?.bytes ?? 0) + bytes)
            case .page(let page, let offset): try read(page, at: offset)
            case nil:
                guard isFinished, !isOver else { return nil }
                isOver = true
                try end()
            }
        }
    }

    private mutating func end() throws(OggOpusError) {
        if phase == .head {
            throw pages == 0
                ? OggOpusError(.notOgg, "This is not an Ogg stream: no page with a right checksum is in it.")
                : OggOpusError(.notOpus, "This is an Ogg stream, but no Opus stream is in it.")
        }
        if let others { items.append(.gap(timeline.gap(.otherStream, offset: others.offset, bytes: others.bytes))) }
        let isTorn = assembler.drop()
        if let damage {
            items.append(.gap(timeline.gap(.cutShort, offset: damage.offset, bytes: damage.bytes)))
        } else if isTorn {
            items.append(.gap(timeline.gap(.cutShort, offset: 0, bytes: 0)))
        }
    }

    private mutating func read(_ page: OggPage, at offset: UInt64) throws(OggOpusError) {
        pages += 1
        if phase == .head { try readHead(page) }
        guard phase != .head else { return }
        guard page.serial == serial else {
            others = (others?.offset ?? offset, (others?.bytes ?? 0) + UInt64(page.byteCount))
            return
        }
        guard !page.isFirst else { return }
        if let next = nextSequence, page.sequence &- next > UInt32.max / 2 { return }  // seen already
        let isLost = nextSequence.map { $0 != page.sequence } ?? (page.sequence > 0)
        nextSequence = page.sequence &+ 1
        let isDisconnected = isLost || damage != nil
        var assembled = assembler.add(page, isDisconnected: isDisconnected)
        if phase == .tags { readTags(&assembled.packets, page, isDisconnected: isDisconnected) }
        guard phase == .audio else { return }
        var gap: OpusTimeline.Break?
        if let damage {
            gap = OpusTimeline.Break(reason: .damage, offset: damage.offset, bytes: damage.bytes)
        } else if isLost {
            gap = OpusTimeline.Break(reason: .lostPages, offset: offset, bytes: 0)
        } else if assembled.droppedPartial {
            gap = OpusTimeline.Break(reason: .damage, offset: offset, bytes: 0)
        }
        damage = nil
        timeline.add(assembled.packets, of: page, at: offset, after: gap, to: &items)
        if page.isLast { hasEnd = true }
    }

    /// Looks for the head among the first pages. When it was damaged, what follows is taken for speech.
    private mutating func readHead(_ page: OggPage) throws(OggOpusError) {
        let packet = Array(
            page.body.prefix(
                page.segments.reduce(into: (bytes: 0, isOpen: true)) { sum, segment in
                    if sum.isOpen { sum = (sum.bytes + Int(segment), segment == 255) }
                }.bytes))
        let head: OpusHead
        if page.isFirst {
            guard packet.starts(with: OpusHead.magic) else {
                otherCodec = true
                return
            }
            head = try OpusHead(packet: packet)
            nextSequence = page.sequence &+ 1
        } else if damage != nil, !otherCodec {
            head = .assumed
        } else {
            return
        }
        serial = page.serial
        phase = .tags
        timeline.preSkip = Int64(head.preSkip)
        items.append(.head(head))
        guard !head.isAssumed, let junk = damage else { return }
        items.append(.gap(timeline.gap(.damage, offset: junk.offset, bytes: junk.bytes)))
        damage = nil
    }

    /// Takes the tags off the front of the page's packets. When they were damaged, audio begins here.
    private mutating func readTags(_ packets: inout [[UInt8]?], _ page: OggPage, isDisconnected: Bool) {
        guard !packets.isEmpty else { return }  // they go on on the next page
        var tags = OpusTags.none
        if let packet = packets[0], let read = try? OpusTags(packet: packet) {
            tags = read
            packets.removeFirst()
        } else if page.granule ?? 0 == 0 {
            packets.removeFirst()
        }
        items.append(.tags(tags))
        phase = .audio
        timeline.isWholeFromStart = !isDisconnected
    }
}
