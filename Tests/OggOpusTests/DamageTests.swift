import OggOpus
import Testing

@Suite("Damage costs its own audio and no more")
struct DamageTests {
    /// 50 packets a page: what one page holds, 50 × 83 bytes would be above 4 KiB.
    static let count = 400

    private func offsets(_ pages: [[UInt8]]) -> [Int] {
        pages.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    }

    @Test func `a damaged page is a gap of exactly its own length, at its place`() throws {
        let pages = try SyntheticStream.pages(Self.count)
        let whole = try SyntheticStream.read(pages.flatMap { $0 })
        let offsets = offsets(pages)
        for broken in 2..<pages.count - 1 {
            // In the header's checksum, in the segment table, in the body.
            for place in [0, 5, 24, 27, 30, pages[broken].count - 1] {
                var damaged = pages
                damaged[broken][place] ^= 0x10
                let reading = try SyntheticStream.read(damaged.flatMap { $0 })
                let lost = whole.packets.filter { $0.offset == UInt64(offsets[broken]) }
                #expect(reading.numbers == whole.packets.filter { $0.offset != UInt64(offsets[broken]) }.map(SyntheticStream.number))
                let gap = try #require(reading.gaps.first)
                #expect(reading.gaps.count == 1)
                #expect(gap.reason == .damage)
                #expect(gap.offset == UInt64(offsets[broken]))
                #expect(gap.bytes == UInt64(pages[broken].count))
                #expect(gap.start == lost.first?.start)
                #expect(gap.duration == lost.reduce(0) { $0 + Int64($1.keep) })
                #expect(reading.duration == whole.duration)
            }
        }
    }

    @Test func `a page that is missing altogether is a gap of its length`() throws {
        var pages = try SyntheticStream.pages(Self.count)
        let whole = try SyntheticStream.read(pages.flatMap { $0 })
        let removed = try SyntheticStream.read(pages[..<4].flatMap { $0 } + pages[5...].flatMap { $0 })
        #expect(removed.gaps.map(\.reason) == [.lostPages])
        #expect(removed.duration == whole.duration)
        #expect(removed.gaps[0].durationMilliseconds == Int64(whole.packets.count - removed.packets.count) * 20)
        // Twice is not heard twice.
        pages.insert(pages[4], at: 5)
        #expect(try SyntheticStream.read(pages.flatMap { $0 }).numbers == whole.numbers)
    }

    @Test func `the first page of audio is missing`() throws {
        let pages = try SyntheticStream.pages(Self.count)
        let whole = try SyntheticStream.read(pages.flatMap { $0 })
        let reading = try SyntheticStream.read(pages[..<2].flatMap { $0 } + pages[3...].flatMap { $0 })
        #expect(reading.duration == whole.duration)
        #expect(reading.gaps.map(\.start) == [0])
        #expect(reading.packets.first?.start == reading.gaps.first?.duration)
        #expect(reading.packets.first?.skip == 0)
    }

    @Test func `a stream cut out of a longer one begins at zero`() throws {
        let pages = try SyntheticStream.pages(Self.count)
        let first = try SyntheticStream.read(pages.flatMap { $0 })
        // Renumbered, as a tool that cuts does.
        var bytes = pages[0] + pages[1]
        var scanner = OggPageScanner()
        try scanner.append(pages[4...].flatMap { $0 })
        scanner.finish()
        var sequence: UInt32 = 2
        while case .page(var page, _) = scanner.next() {
            page.sequence = sequence
            sequence += 1
            bytes += page.bytes
        }
        let reading = try SyntheticStream.read(bytes)
        #expect(reading.gaps == [])
        #expect(reading.packets.first?.start == 0)
        #expect(reading.duration == Int64(reading.packets.count * 960 - 312))
        #expect(reading.packets.count < first.packets.count)
    }

    @Test func `a bad packet in a good page costs itself`() throws {
        var page = OggPage(serial: 7, sequence: 2)
        page.granule = 5 * 960
        for number in 0..<5 {
            // Two equal frames in an even number of bytes: RFC 6716, 3.4, R3.
            let packet = number == 2 ? [0x49, 0, 0, 0] : SyntheticStream.packet(number)
            page.segments.append(UInt8(packet.count))
            page.body += packet
        }
        let headers = try SyntheticStream.pages(0).dropLast().flatMap { $0 }
        let reading = try SyntheticStream.read(headers + page.bytes)
        #expect(reading.numbers == [0, 1, 3, 4])
        #expect(reading.gaps.map(\.reason) == [.badPacket])
        #expect(reading.gaps.map(\.start) == [2 * 960 - 312])
        #expect(reading.gaps.map(\.duration) == [960])
        #expect(reading.gaps.map(\.bytes) == [4])
    }

    @Test func `damaged headers are replaced by what speech recordings have`() throws {
        let pages = try SyntheticStream.pages(Self.count)
        let whole = try SyntheticStream.read(pages.flatMap { $0 })
        for broken in [[0], [1], [0, 1]] {
            var damaged = pages
            for page in broken { damaged[page][30] ^= 1 }
            let reading = try SyntheticStream.read(damaged.flatMap { $0 })
            #expect(reading.head?.isAssumed == broken.contains(0))
            #expect(reading.numbers == whole.numbers)
            #expect(reading.duration == whole.duration)
            #expect((reading.tags?.comments.isEmpty == true) == broken.contains(1))
            #expect(reading.gaps.map(\.reason) == [.damage])
            #expect(reading.gaps.map(\.duration) == [0])
        }
    }

    @Test func `every cut gives a beginning of the whole`() throws {
        let bytes = try SyntheticStream.pages(120).flatMap { $0 }
        let whole = try SyntheticStream.read(bytes)
        let headers = try SyntheticStream.pages(0).dropLast().joined().count
        for count in stride(from: headers, to: bytes.count, by: 13) {
            let reading = try SyntheticStream.read(Array(bytes.prefix(count)))
            #expect(reading.packets == Array(whole.packets.prefix(reading.packets.count)))
            #expect(!reading.hasEnd)
            #expect(reading.gaps.allSatisfy { $0.reason == .cutShort && $0.duration == 0 && $0.bytes < 4096 })
        }
    }

    @Test func `another stream in the file is not played, and said`() throws {
        let first = try SyntheticStream.pages(60).flatMap { $0 }
        var scanner = OggPageScanner()
        try scanner.append(first)
        scanner.finish()
        var second: [UInt8] = []
        while case .page(var page, _) = scanner.next() {
            page.serial = 8
            second += page.bytes
        }
        let reading = try SyntheticStream.read(first + second)
        #expect(reading.numbers == Array(0..<60))
        #expect(reading.gaps.map(\.reason) == [.otherStream])
        #expect(reading.gaps.map(\.offset) == [UInt64(first.count)])
        #expect(reading.gaps.map(\.bytes) == [UInt64(second.count)])
    }

    @Test func `what is not Ogg, or not Opus, is said`() throws {
        for bytes in [[], Array("RIFF....WAVEfmt ".utf8), [UInt8](repeating: 0, count: 100_000)] {
            #expect { try SyntheticStream.read(bytes) } throws: { ($0 as? OggOpusError)?.code == .notOgg }
        }
        var vorbis = OggPage(serial: 1, sequence: 0)
        vorbis.isFirst = true
        vorbis.granule = 0
        vorbis.body = [1] + Array("vorbis".utf8)
        vorbis.segments = [7]
        #expect { try SyntheticStream.read(vorbis.bytes) } throws: { ($0 as? OggOpusError)?.code == .notOpus }
    }

    @Test func `positions that jump to the end of time are reported and add up without overflow`() throws {
        var bytes = try SyntheticStream.pages(0).dropLast().flatMap { $0 }
        for (index, granule) in [Int64(960), 1 << 48, 0, 1 << 48, .max, -2, 1 << 48].enumerated() {
            var page = OggPage(serial: 7, sequence: UInt32(index) + 2)
            page.granule = granule
            page.segments = [80]
            page.body = SyntheticStream.packet(index)
            bytes += page.bytes
        }
        let reading = try SyntheticStream.read(bytes)
        #expect(reading.numbers == Array(0..<7))
        #expect(reading.gaps.allSatisfy { $0.reason == .jump && $0.duration > 0 })
        #expect(reading.gaps.count >= 2)
    }

    @Test(arguments: 0..<40)
    func `random damage never crashes, never invents packets`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let original = try SyntheticStream.pages(200).flatMap { $0 }
        var bytes = original
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...5000, using: &random)))
            case 2: bytes.insert(contentsOf: original.prefix(Int.random(in: 1...3000, using: &random)), at: place)
            default: bytes.replaceSubrange(place..<min(bytes.count, place + 100), with: repeatElement(0, count: 100))
            }
            if bytes.isEmpty { break }
        }
        let whole = try SyntheticStream.read(original)
        guard let reading = try? SyntheticStream.read(bytes, pieces: 1000) else { return }
        #expect(Set(reading.packets.map(\.bytes)).isSubset(of: Set(whole.packets.map(\.bytes))))
        #expect(reading.numbers == Array(Set(reading.numbers)).sorted())
        #expect(reading == (try SyntheticStream.read(bytes)))
    }
}

/// A small seeded generator (Vigna's SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
