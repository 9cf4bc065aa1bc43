import Bytes
import OggOpus

/// Ogg pages, Opus heads and tags, whole streams: every byte is accounted for, however the stream is cut into pieces, and what was read can be
/// written and read again.
enum OggEntry {
    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        let choice = draws.byte()
        let piece = 1 + draws.number(below: 512)
        switch choice % 8 {
        case 0: head(draws.all())
        case 1: tags(draws.all())
        case 2: pages(draws.all(), piece: piece)
        case 3: written(&draws)
        case let kind:
            let stream = kind < 5 ? draws.all() : OggPages.withRightChecksums(draws.all())
            pages(stream, piece: piece)
            items(stream, piece: piece)
        }
    }

    private static func head(_ bytes: [UInt8]) {
        guard let head = try? OpusHead(packet: Array("OpusHead".utf8) + bytes) else { return }
        check(head.channels == 1 || head.channels == 2, "a head has one channel or two")
        check((try? OpusHead(packet: head.packet)) == head, "a head is read again as it was")
    }

    private static func tags(_ bytes: [UInt8]) {
        guard let tags = try? OpusTags(packet: Array("OpusTags".utf8) + bytes) else { return check(false, "tags are read as far as they go") }
        check(tags.comments.count <= OpusTags.mostComments, "comments are bounded")
        let texts = [tags.vendor] + tags.comments.flatMap { [$0.name, $0.value] }
        check(texts.allSatisfy { $0.raw.utf8.count <= ForeignText.limit }, "texts are bounded")
        guard let again = try? OpusTags(packet: tags.packet) else { return check(false, "written tags are read") }
        check(
            again.vendor.raw == tags.vendor.raw && again.comments.map(\.name.raw) == tags.comments.map(\.name.raw)
                && again.comments.map(\.value.raw) == tags.comments.map(\.value.raw), "tags are read again as they were")
        guard let recorder = RecorderTags(tags) else { return }
        check(RecorderTags(recorder.tags(vendor: "x")) == recorder, "a recorder's tags are read again as they were")
    }

    private static func pages(_ stream: [UInt8], piece: Int) {
        var scanner = OggPageScanner()
        var next: UInt64 = 0
        func take(_ scanner: inout OggPageScanner) {
            while let found = scanner.next() {
                switch found {
                case .skipped(let offset, let bytes):
                    check(offset == next && bytes > 0, "what is skipped begins where the last page ended")
                    next = offset + bytes
                case .page(let page, let offset):
                    check(offset == next && page.body.count == page.segments.reduce(0) { $0 + Int($1) }, "a page begins where the last one ended")
                    let bytes = stream[Int(offset)..<Int(offset) + page.byteCount]
                    check(OggPages.checksumIsRight(bytes), "a page has the right checksum")
                    if OggPages.isPlain(bytes) { check(page.bytes.elementsEqual(bytes), "a page is written as it came") }
                    next = offset + UInt64(page.byteCount)
                }
            }
        }
        for start in stride(from: 0, to: stream.count, by: piece) {
            guard (try? scanner.append(Array(stream[start..<min(start + piece, stream.count)]))) != nil else { return }
            take(&scanner)
            check(next <= UInt64(min(start + piece, stream.count)), "nothing is found before it came")
        }
        scanner.finish()
        take(&scanner)
        check(next == UInt64(stream.count), "every byte is in a page or skipped")
    }

    private static func items(_ stream: [UInt8], piece: Int) {
        let read = OggPages.read(stream, piece: piece)
        let whole = OggPages.read(stream, piece: max(1, stream.count))
        check(read == whole, "what is read does not depend on the pieces")
        guard let first = read.items.first else { return }
        guard case .head = first else { return check(false, "the head comes first") }
        var hasTags = false
        var position: Int64 = 0
        var unusable: UInt64 = 0
        for item in read.items.dropFirst() {
            switch item {
            case .head: check(false, "there is one head")
            case .tags:
                check(!hasTags, "there are tags once")
                hasTags = true
            case .packet(let packet):
                check(hasTags, "packets come behind the tags")
                check((1...PacketDuration.longest).contains(packet.duration), "a packet plays at most 120 ms")
                check(packet.skip >= 0 && packet.keep >= 0 && packet.skip + packet.keep <= packet.duration, "what is heard is a part of it")
                check(packet.start >= position, "time does not run backwards")
                check(packet.bytes.count <= stream.count && packet.offset < UInt64(stream.count), "a packet stands in the stream")
                position = packet.start + Int64(packet.keep)
            case .gap(let gap):
                check(gap.duration >= 0 && gap.start >= 0 && gap.offset <= UInt64(stream.count), "a gap is somewhere")
                if gap.reason != .otherStream {
                    check(gap.start >= position, "time does not run backwards over a gap")
                    position = gap.start + gap.duration
                }
                unusable += gap.reason == .badPacket ? 0 : gap.bytes
            }
        }
        check(unusable <= UInt64(stream.count), "unusable bytes are counted once")
        check(position <= max(0, read.duration), "the stream plays to its last packet")
    }

    /// Packets as the input has them, written as a card does and read again.
    private static func written(_ draws: inout Draws) {
        let preSkip = draws.number(below: 4000)
        let tags = RecorderTags(serial: "A1", generation: draws.u32(), number: draws.u32(), started: nil).tags(vendor: "x")
        var writer = OpusStreamWriter(
            head: OpusHead(channels: 1 + draws.number(below: 2), preSkip: preSkip, inputRate: 16_000), tags: tags, serial: draws.u32())
        guard var stream = try? writer.headers() else { return check(false, "plain headers fit") }
        var packets: [[UInt8]] = []
        while !draws.isOver {
            let packet = draws.bytes(draws.number(below: 300)) + [UInt8](repeating: 0x5A, count: draws.byte() == 1 ? 1000 : 0)
            guard let pages = try? writer.append(packet) else {
                check(PacketDuration.samples(of: packet) == nil || packet.count > 4000, "a packet of Opus is written")
                continue
            }
            check(pages.count <= OpusStreamWriter.largestPage, "a page keeps to its size")
            stream += pages
            packets.append(packet)
        }
        stream += writer.finish()
        guard !packets.isEmpty else { return }
        let read = OggPages.read(stream, piece: 4096)
        let found = read.items.compactMap { if case .packet(let packet) = $0 { packet.bytes } else { nil } }
        check(found == packets && read.hasEnd, "packets are read as they were written")
        check(!read.items.contains { if case .gap = $0 { true } else { false } }, "and nothing is missing")
    }
}
