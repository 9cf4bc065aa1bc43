internal import Glibc

/// Measures how loud samples are, against full scale of 16 bits.
package struct LevelMeter: Sendable {
    private var largest: UInt16 = 0
    private var squares = 0.0
    private var count = 0

    package init() {}

    package mutating func add(_ samples: [Int16]) {
        var sum: UInt64 = 0
        for sample in samples {
            largest = max(largest, sample.magnitude)
            sum += UInt64(sample.magnitude) * UInt64(sample.magnitude)
        }
        squares += Double(sum)
        count += samples.count
    }

    /// The loudest sample in dBFS; nil for digital silence.
    package var peak: Double? { largest == 0 ? nil : 20 * log10(Double(largest) / 32_768) }

    /// The root of the mean square in dBFS, of all channels together: a full-scale square wave is 0, a sine -3; nil for digital silence.
    package var rms: Double? { squares == 0 ? nil : 10 * log10(squares / Double(count)) - 20 * log10(32_768) }
}
