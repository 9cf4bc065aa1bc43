/// Writes a WAV file of 16-bit PCM in pieces: `header`, then what `append` returns; at the end `header` again over the first one, so that
/// the sizes are right.
package struct WAVWriter: Sendable {
    /// Bytes before the first sample.
    package static let headerBytes = 44
    /// What the 32-bit size of the whole leaves for samples.
    package static let mostDataBytes = UInt64(UInt32.max) - UInt64(headerBytes - 8)

    package let rate: Int
    package let channels: Int
    /// Bytes of the samples so far.
    package private(set) var dataBytes: UInt64 = 0

    /// - Parameter dataBytes: of samples that stand in the file already.
    package init(rate: Int, channels: Int, dataBytes: UInt64 = 0) {
        self.rate = rate
        self.channels = channels
        self.dataBytes = dataBytes
    }

    /// - Returns: the samples as they stand in the file.
    /// - Throws: `tooLarge` when the file would exceed 4 GiB.
    package mutating func append(_ samples: [Int16]) throws(OpusAudioError) -> [UInt8] {
        let bytes = dataBytes + UInt64(samples.count) * 2
        guard bytes <= Self.mostDataBytes else {
            throw OpusAudioError(.tooLarge, "A WAV file holds at most 4 GiB; decode to a lower rate, or take the Opus file.")
        }
        dataBytes = bytes
        var data: [UInt8] = []
        data.reserveCapacity(samples.count * 2)
        for sample in samples {
            data.append(UInt8(truncatingIfNeeded: sample))
            data.append(UInt8(truncatingIfNeeded: sample >> 8))
        }
        return data
    }

    /// The header for the samples so far.
    package var header: [UInt8] {
        var bytes = Array("RIFF".utf8)
        func add(_ value: UInt64, _ size: Int) { for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) } }
        add(dataBytes + UInt64(Self.headerBytes - 8), 4)
        bytes += Array("WAVEfmt ".utf8)
        add(16, 4)
        add(1, 2)  // PCM
        add(UInt64(channels), 2)
        add(UInt64(rate), 4)
        add(UInt64(rate * channels * 2), 4)
        add(UInt64(channels * 2), 2)
        add(16, 2)
        bytes += Array("data".utf8)
        add(dataBytes, 4)
        return bytes
    }
}
