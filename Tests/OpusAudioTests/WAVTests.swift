import OpusAudio
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("WAV files")
struct WAVTests {
    private func file(
        kind: Int = 1, bits: Int = 16, channels: Int = 1, rate: Int = 16_000, before: [UInt8] = [], data: [UInt8], announced: Int? = nil,
        extensible: Bool = false
    ) -> [UInt8] {
        func le(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let frame = channels * bits / 8
        var format = le(extensible ? 0xFFFE : kind, 2) + le(channels, 2) + le(rate, 4) + le(rate * frame, 4) + le(frame, 2) + le(bits, 2)
        if extensible { format += le(22, 2) + le(bits, 2) + le(0, 4) + le(kind, 2) + [UInt8](repeating: 0, count: 14) }
        let chunks = before + Array("fmt ".utf8) + le(format.count, 4) + format + Array("data".utf8) + le(announced ?? data.count, 4) + data
        return Array("RIFF".utf8) + le(chunks.count + 4, 4) + Array("WAVE".utf8) + chunks
    }

    @Test func `what was written reads back`() throws {
        var writer = WAVWriter(rate: 16_000, channels: 1)
        let samples: [Int16] = [0, 1, -1, 32_767, -32_768, 256]
        let data = try writer.append(Array(samples.prefix(2))) + (try writer.append(Array(samples.dropFirst(2))))
        let wav = try WAVFile(writer.header + data)
        #expect(wav.rate == 16_000 && wav.channels == 1 && wav.frames == 6)
        #expect(wav.speech() == samples)
        #expect(writer.header + data == file(data: data))
    }

    @Test func `the header counts to 4 GiB and not further`() throws {
        var writer = WAVWriter(rate: 48_000, channels: 2, dataBytes: WAVWriter.mostDataBytes - 7)
        _ = try writer.append([0, 0])
        #expect(Array(writer.header[4..<8]) == [0xFC, 0xFF, 0xFF, 0xFF])
        _ = try writer.append([0])
        #expect { try writer.append([0]) } throws: { ($0 as? OpusAudioError)?.code == .tooLarge }
        #expect(Array(writer.header[40..<44]) == [0xDA, 0xFF, 0xFF, 0xFF])
    }

    @Test func `every kind of sample`() throws {
        // A half, in each kind.
        #expect(try WAVFile(file(bits: 16, data: [0, 0x40])).mono() == [0.5])
        #expect(try WAVFile(file(bits: 24, data: [0, 0, 0x40])).mono() == [0.5])
        #expect(try WAVFile(file(bits: 24, data: [0, 0, 0xC0])).mono() == [-0.5])
        #expect(try WAVFile(file(bits: 32, data: [0, 0, 0, 0x40])).mono() == [0.5])
        #expect(try WAVFile(file(kind: 3, bits: 32, data: [0, 0, 0, 0x3F])).mono() == [0.5])
        #expect(try WAVFile(file(kind: 3, bits: 32, data: [0, 0, 0, 0x3F], extensible: true)).mono() == [0.5])
        // Stereo is the mean; not-a-number is silence.
        #expect(try WAVFile(file(bits: 16, channels: 2, data: [0, 0x40, 0, 0])).mono() == [0.25])
        #expect(try WAVFile(file(kind: 3, bits: 32, data: [0, 0, 0xC0, 0x7F, 0, 0, 0, 0x40])).mono() == [0, 1])
    }

    @Test func `chunks before the samples are passed over, also odd ones`() throws {
        let list: [UInt8] = Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0]
        #expect(try WAVFile(file(before: list, data: [0, 0x40])).mono() == [0.5])
        #expect(try WAVFile(file(data: [0, 0x40, 9], announced: 0xFFFF_FFFF)).mono() == [0.5])
    }

    @Test func `every cut is refused with a reason`() {
        let whole = file(before: Array("LIST".utf8) + [2, 0, 0, 0, 1, 2], data: [1, 2, 3, 4])
        for count in 0..<whole.count {
            #expect { try WAVFile(Array(whole.prefix(count))) } throws: { ($0 as? OpusAudioError)?.code == .invalidWAV }
        }
    }

    @Test func `kinds that are not read are named`() {
        for bytes in [
            file(bits: 8, data: [1]), file(kind: 2, data: [1, 2]), file(channels: 3, data: [1, 2]), file(channels: 0, data: []),
            file(rate: 200_000, data: []), file(rate: 0, data: []), file(kind: 3, bits: 64, data: []),
        ] {
            #expect { try WAVFile(bytes) } throws: { ($0 as? OpusAudioError)?.code == .unsupported }
        }
    }

    /// A sine of a quarter of a second, its level after resampling to 16 kHz.
    private func level(_ frequency: Double, rate: Int) throws -> Double? {
        var data: [UInt8] = []
        for index in 0..<rate / 4 {
            let value = Int16((sin(2 * .pi * frequency * Double(index) / Double(rate)) * 16_384).rounded())
            data += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        }
        let speech = try WAVFile(file(rate: rate, data: data)).speech()
        #expect(abs(speech.count - 4000) <= 1)
        var meter = LevelMeter()
        meter.add(Array(speech[1000..<3000]))
        return meter.rms
    }

    @Test(arguments: [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
    func `resampling keeps speech and lets no alias through`(rate: Int) throws {
        // A sine of half the full scale has -9.03 dBFS.
        for frequency in [100.0, 1000, 3000, 7000] where frequency < Double(rate) * 0.45 {
            let measured = try #require(try level(frequency, rate: rate))
            #expect(abs(measured + 9.03) < 0.1, "\(frequency) Hz: \(measured)")
        }
        for frequency in [8500.0, 10_000, 15_000, 20_000] where frequency < Double(rate) * 0.5 && rate > 16_000 {
            #expect((try level(frequency, rate: rate) ?? -200) < -75, "\(frequency) Hz")
        }
    }

    @Test func levels() {
        var meter = LevelMeter()
        #expect(meter.peak == nil && meter.rms == nil)
        meter.add([0, 0])
        #expect(meter.peak == nil && meter.rms == nil)
        meter = LevelMeter()
        meter.add([-32_768, -32_768])
        #expect(meter.peak == 0 && meter.rms == 0)
        meter = LevelMeter()
        meter.add([16_384, 0, 0, 0])
        #expect(abs((meter.peak ?? 0) + 6.02) < 0.01)
        #expect(abs((meter.rms ?? 0) + 12.04) < 0.01)
    }
}
