import OggOpus
import OpusAudio
import Testing

@Suite("Decoding")
struct DecoderTests {
    @Test(arguments: [8000, 12_000, 16_000, 24_000, 48_000], [1, 2])
    func `other rates and channels keep the length and the sound`(rate: Int, channels: Int) throws {
        let speech = try Speech.samples()
        let decoded = try Decoded(try Speech.object(speech), rate: rate, channels: channels)
        #expect(decoded.channels == channels)
        #expect(decoded.samples.count == speech.count * rate / 16_000 * channels)
        #expect(decoded.largestPiece <= rate / 10 * 12 / 10 * channels)
        var (before, after) = (LevelMeter(), LevelMeter())
        before.add(speech)
        after.add(decoded.samples)
        let difference = abs(try #require(before.rms) - (try #require(after.rms)))
        #expect(difference < 2)
    }

    @Test func `what libopus does not do is said`() {
        for (rate, channels) in [(44_100, 1), (0, 1), (48_000, 3), (48_000, 0)] {
            #expect { _ = try OpusStreamDecoder(rate: rate, channels: channels) } throws: { ($0 as? OpusAudioError)?.code == .unsupported }
        }
    }

    @Test func `a damaged page costs its own audio, the rest stays in place`() throws {
        let speech = try Speech.samples() + (try Speech.samples(Speech.files[1])) + (try Speech.samples(Speech.files[2]))
        let object = try Speech.object(speech)
        let whole = try Decoded(object)
        var damaged = object
        damaged[object.count / 2] ^= 0xFF
        let decoded = try Decoded(damaged)
        #expect(decoded.samples.count == whole.samples.count)
        let gap = try #require(decoded.gaps.first)
        #expect(decoded.gapCount == 1)
        #expect(gap.reason == .damage && gap.duration > 0 && gap.duration <= 48_000)
        #expect(decoded.missing == gap.duration)
        #expect(decoded.samples.prefix(Int(gap.start)) == whole.samples.prefix(Int(gap.start)))
        // Behind what libopus makes up for it there is silence, and behind the gap the decoder finds back within a tenth of a second.
        #expect(decoded.samples[Int(gap.start) + 2880..<Int(gap.start + gap.duration)].allSatisfy { $0 == 0 })
        let behind = Int(gap.start + gap.duration) + 4800
        let (a, b) = (whole.samples[behind...], decoded.samples[behind...])
        let error = zip(a, b).reduce(0.0) { $0 + pow2(Double($1.0) - Double($1.1)) }
        let power = a.reduce(0.0) { $0 + pow2(Double($1)) }
        #expect(error < power / 10)
    }

    private func pow2(_ value: Double) -> Double { value * value }

    @Test func `a packet that libopus refuses is a gap of its length`() throws {
        // Code 3, two frames of variable size; the first claims more bytes than there are: only a full parse sees it.
        let bad: [UInt8] = [0x4B, 0x82, 200, 1, 2]
        let headers = try Array(Speech.object([]).prefix(headerBytes()))
        var page = OggPage(serial: 99, sequence: 2)
        page.granule = 3 * 1920
        for _ in 0..<3 {
            page.segments.append(UInt8(bad.count))
            page.body += bad
        }
        let decoded = try Decoded(headers + page.bytes)
        #expect(decoded.gaps.map(\.reason) == [.badPacket, .badPacket, .badPacket])
        #expect(decoded.missing == 3 * 1920 - 312)
        #expect(decoded.samples.count == 3 * 1920 - 312)
    }

    private func headerBytes() throws -> Int {
        var scanner = OggPageScanner()
        try scanner.append(try Speech.object([]))
        var count = 0
        for _ in 0..<2 { if case .page(let page, _) = scanner.next() { count += page.byteCount } }
        return count
    }

    /// One packet of 20 ms a page, each with its end position.
    private func stream(granules: [Int64]) throws -> [UInt8] {
        var bytes = try Array(Speech.object([]).prefix(headerBytes()))
        let packet: [UInt8] = [0x48, 1, 2, 3]
        for (index, granule) in granules.enumerated() {
            var page = OggPage(serial: 99, sequence: UInt32(index + 2))
            page.granule = granule
            page.segments = [UInt8(packet.count)]
            page.body = packet
            bytes += page.bytes
        }
        return bytes
    }

    @Test func `a gap too short to conceal is silence of its length`() throws {
        let decoded = try Decoded(try stream(granules: [960, 960 + 48 + 960]), rate: 8000)
        #expect(decoded.missing == 48 && decoded.gaps.map(\.reason) == [.jump])
        #expect(decoded.samples.count == (960 + 48 + 960 - 312) / 6)
    }

    @Test func `a claimed gap of years is reported and filled with an hour at most`() throws {
        let decoded = try Decoded(try stream(granules: [960, 1 << 47]), rate: 8000)
        #expect(decoded.missing == (1 << 47) - 1920)
        #expect((3600 * 8000...3601 * 8000).contains(decoded.samples.count))
        #expect(decoded.largestPiece <= 960)
    }

    @Test(arguments: 0..<20)
    func `random bytes in good pages are decoded or refused, never more`(seed: UInt64) throws {
        var random = SystemRandomNumberGenerator()
        var bytes = try Array(Speech.object([]).prefix(headerBytes()))
        var sequence: UInt32 = 2
        var granule: Int64 = 0
        for _ in 0..<100 {
            var page = OggPage(serial: 99, sequence: sequence)
            sequence += 1
            for _ in 0..<Int.random(in: 1...10, using: &random) {
                let packet = (0..<Int.random(in: 0...254, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                page.segments.append(UInt8(packet.count))
                page.body += packet
                granule += Int64(PacketDuration.samples(of: packet) ?? 0)
            }
            page.granule = granule
            bytes += page.bytes
        }
        let decoded = try Decoded(bytes)
        #expect(decoded.samples.count == Int(max(0, granule - 312)))
    }
}
