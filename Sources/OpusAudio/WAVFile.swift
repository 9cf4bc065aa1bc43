/// A WAV file in memory: PCM of 16, 24 or 32 bits or 32-bit float, mono or stereo, up to 192 kHz.
package struct WAVFile: Sendable {
    private enum Sample {
        case int16, int24, int32, float32

        var bytes: Int {
            switch self {
            case .int16: 2
            case .int24: 3
            case .int32, .float32: 4
            }
        }
    }

    /// Hz.
    package let rate: Int
    package let channels: Int
    /// Samples per channel.
    package let frames: Int

    private let bytes: [UInt8]
    private let data: Range<Int>
    private let sample: Sample

    /// - Throws: `invalidWAV` with what was wrong, `unsupported` for kinds of samples that are not read.
    package init(_ bytes: [UInt8]) throws(OpusAudioError) {
        guard bytes.count >= 12, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8) else {
            throw OpusAudioError(.invalidWAV, "This is not a WAV file: it does not begin with RIFF and WAVE.")
        }
        var position = 12
        var format: Range<Int>?
        var data: Range<Int>?
        while data == nil, bytes.count - position >= 8 {
            let name = bytes[position..<position + 4]
            let size = Self.number(bytes, position + 4, 4)
            let start = position + 8
            if name.elementsEqual("data".utf8) {
                // A program that wrote to a pipe could not go back to write the size.
                let isOpen = size == 0xFFFF_FFFF || size == 0x7FFF_FFFF
                guard isOpen || size <= bytes.count - start else {
                    throw OpusAudioError(
                        .invalidWAV, "The WAV file is cut short: \(size) bytes of samples are announced, \(bytes.count - start) are there.")
                }
                data = start..<(isOpen ? bytes.count : start + size)
            } else {
                guard size <= bytes.count - start else {
                    throw OpusAudioError(.invalidWAV, "The WAV file is cut short within its header, at byte \(start).")
                }
                if name.elementsEqual("fmt ".utf8) { format = start..<start + size }
                position = start + size + size % 2
            }
        }
        guard let format, format.count >= 16 else {
            throw OpusAudioError(.invalidWAV, "The WAV file does not say what its samples are (no fmt chunk before data).")
        }
        guard let data else { throw OpusAudioError(.invalidWAV, "The WAV file has no samples (no data chunk).") }
        var kind = Self.number(bytes, format.lowerBound, 2)
        // WAVE_FORMAT_EXTENSIBLE: the kind stands at the front of a GUID.
        if kind == 0xFFFE, format.count >= 40 { kind = Self.number(bytes, format.lowerBound + 24, 2) }
        let bits = Self.number(bytes, format.lowerBound + 14, 2)
        switch (kind, bits) {
        case (1, 16): sample = .int16
        case (1, 24): sample = .int24
        case (1, 32): sample = .int32
        case (3, 32): sample = .float32
        default:
            throw OpusAudioError(
                .unsupported, "The WAV file has samples of kind \(kind) with \(bits) bits; PCM of 16, 24 or 32 bits and 32-bit float are read.")
        }
        channels = Self.number(bytes, format.lowerBound + 2, 2)
        rate = Self.number(bytes, format.lowerBound + 4, 4)
        guard channels == 1 || channels == 2 else {
            throw OpusAudioError(.unsupported, "The WAV file has \(channels) channels; one or two are read.")
        }
        guard (4000...192_000).contains(rate) else { throw OpusAudioError(.unsupported, "The WAV file has \(rate) Hz; 4000 to 192000 are read.") }
        frames = data.count / (sample.bytes * channels)
        self.data = data
        self.bytes = bytes
    }

    /// The whole as one channel, the mean of both where there are two; full scale is 1.
    package func mono() -> [Float] {
        (0..<frames).map { frame in
            let first = value(frame * channels)
            return channels == 1 ? first : (first + value(frame * channels + 1)) / 2
        }
    }

    /// The whole as a card's microphone would give it: mono, 16 kHz, 16 bits.
    package func speech() -> [Int16] {
        Resampler(from: rate, to: RecordingEncoder.rate).resample(mono()).map { Int16(max(-32_768, min(32_767, ($0 * 32_768).rounded()))) }
    }

    private func value(_ index: Int) -> Float {
        let position = data.lowerBound + index * sample.bytes
        switch sample {
        case .int16: return Float(Int16(truncatingIfNeeded: Self.number(bytes, position, 2))) / 32_768
        case .int24: return Float(Int32(truncatingIfNeeded: Self.number(bytes, position, 3) << 8)) / 2_147_483_648
        case .int32: return Float(Int32(truncatingIfNeeded: Self.number(bytes, position, 4))) / 2_147_483_648
        case .float32:
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: Self.number(bytes, position, 4)))
            return value.isFinite ? max(-1, min(1, value)) : 0
        }
    }

    private static func number(_ bytes: [UInt8], _ position: Int, _ size: Int) -> Int {
        var value = 0
        for byte in (0..<size).reversed() { value = value << 8 | Int(bytes[position + byte]) }
        return value
    }
}
