import Bytes
import OggOpus
import Testing

@Suite("A written stream reads back")
struct StreamRoundTripTests {
    @Test(arguments: [1, 7, 4096, 1 << 20])
    func whole(pieces: Int) throws {
        let bytes = try SyntheticStream.pages(500).flatMap { $0 }
        let reading = try SyntheticStream.read(bytes, pieces: pieces)
        #expect(reading.head == OpusHead(channels: 1, preSkip: 312, inputRate: 16_000))
        #expect(reading.tags.flatMap(RecorderTags.init) == RecorderTags(serial: "A1-0007", generation: 0x5b0c_91aa, number: 214, started: nil))
        #expect(reading.numbers == Array(0..<500))
        #expect(reading.gaps == [])
        #expect(reading.duration == 500 * 960 - 312)
        #expect(reading.hasEnd)
    }

    @Test func `pages hold at most a second and 4 KiB, whole packets, and rise`() throws {
        for (size, most) in [(20, 50), (80, 50), (400, 10)] {
            let tags = OpusTags(vendor: ForeignText("test"), comments: [])
            var writer = OpusStreamWriter(head: OpusHead(channels: 1, preSkip: 312, inputRate: 16_000), tags: tags, serial: 7)
            var scanner = OggPageScanner()
            try scanner.append(try writer.headers())
            for number in 0..<300 { try scanner.append(try writer.append(SyntheticStream.packet(number, size: size))) }
            try scanner.append(writer.finish())
            scanner.finish()
            var pages: [OggPage] = []
            while case .page(let page, _) = scanner.next() { pages.append(page) }
            #expect(pages.map(\.sequence) == Array(0..<UInt32(pages.count)))
            #expect(pages.allSatisfy { $0.byteCount <= 4096 && !$0.isContinued && $0.segments.last != 255 })
            #expect(pages.map(\.isLast) == [Bool](repeating: false, count: pages.count - 1) + [true])
            #expect(pages.dropFirst(2).map { $0.segments.count { $0 < 255 } }.max() == most)
            #expect(pages.last?.granule == Int64(300 * 960))
        }
    }

    @Test func `the end is trimmed to what was recorded`() throws {
        for playing in [Int64(0), 1, 959, 960, 4_800] {
            let reading = try SyntheticStream.read(try SyntheticStream.pages(6, playing: playing).flatMap { $0 })
            let expected = min(playing, 6 * 960 - 312)
            #expect(reading.duration == expected)
            #expect(reading.packets.reduce(0) { $0 + $1.keep } == Int(expected))
            #expect(reading.packets.first?.skip == 312)
        }
    }

    @Test func `a packet that is none, or too large, is refused`() throws {
        let tags = OpusTags(vendor: ForeignText("test"), comments: [])
        var writer = OpusStreamWriter(head: OpusHead(channels: 1, preSkip: 0, inputRate: 16_000), tags: tags, serial: 7)
        for packet in [[], [0x4B, 0], [UInt8](repeating: 0x48, count: 4090)] {
            var code: OggOpusError.Code?
            do { _ = try writer.append(packet) } catch { code = error.code }
            #expect(code == .cannotWrite)
        }
    }

    @Test func `a large packet goes over several pages`() throws {
        // Written by hand: the writer never does this, other recorders may.
        let packet = SyntheticStream.packet(9, size: 1000)
        var pages = try SyntheticStream.pages(0).dropLast().map { $0 }
        var first = OggPage(serial: 7, sequence: 2)
        first.segments = [255, 255]
        first.body = Array(packet[..<510])
        var second = OggPage(serial: 7, sequence: 3)
        second.isContinued = true
        second.granule = 960
        second.segments = [255, 235]
        second.body = Array(packet[510...])
        pages += [first.bytes, second.bytes]
        let reading = try SyntheticStream.read(pages.flatMap { $0 })
        #expect(reading.packets.map(\.bytes) == [packet])
        #expect(reading.gaps == [])
        #expect(!reading.hasEnd)
        // Without its first page the rest of the packet is not played as one.
        pages.remove(at: 2)
        let torn = try SyntheticStream.read(pages.flatMap { $0 })
        #expect(torn.packets == [])
        #expect(torn.gaps.map(\.reason) == [.lostPages, .badPacket])
        #expect(torn.duration == 960 - 312)
    }
}
