internal import COpus

/// Turns decoded floats into 16-bit samples as opusdec does: soft clipping over a packet's audible part, then rounding half to even.
struct SampleConverter {
    let channels: Int
    /// libopus' memory of the clipping at a packet's end, one value a channel.
    private var memory: [Float]

    init(channels: Int) {
        self.channels = channels
        memory = [Float](repeating: 0, count: channels)
    }

    /// Appends `count` samples per channel of `buffer`, beginning with sample `start`; the buffer is clipped in place.
    mutating func convert(_ buffer: inout [Float], from start: Int, count: Int, into samples: inout [Int16]) {
        let range = start * channels..<(start + count) * channels
        guard !range.isEmpty, range.upperBound <= buffer.count else { return }
        unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            unsafe memory.withUnsafeMutableBufferPointer { memory in
                guard let first = unsafe UnsafeMutableBufferPointer(rebasing: buffer[range]).baseAddress, let memory = memory.baseAddress else {
                    return
                }
                unsafe opus_pcm_soft_clip(first, Int32(count), Int32(channels), memory)
            }
        }
        samples.append(contentsOf: buffer[range].lazy.map(Self.sample))
    }

    /// Adding 1.5 × 2^23 leaves no bits for a fraction: the sum is rounded half to even, as lrintf rounds, and its low bits are the integer.
    private static func sample(_ value: Float) -> Int16 {
        Int16(truncatingIfNeeded: (max(-32_768, min(32_767, value * 32_768)) + 12_582_912).bitPattern)
    }
}
