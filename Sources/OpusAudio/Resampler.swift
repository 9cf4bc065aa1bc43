internal import Glibc

/// Changes the sample rate by a Kaiser-windowed sinc, as J. O. Smith, "Digital Audio Resampling", describes: the kernel stands in a table and
/// is interpolated between its entries, so that any ratio of rates works. Aliases are at least 80 dB down.
struct Resampler {
    /// Zero crossings of the sinc on each side.
    private static let crossings = 32
    /// Table entries per crossing: linear interpolation between them errs by less than -100 dB.
    private static let entries = 512
    /// Of Kaiser's window: 90 dB.
    private static let beta = 9.0
    /// Of half the lower rate: what lies above is the kernel's slope.
    private static let passband = 0.94

    private let from: Int
    private let to: Int
    private let table: [Float]
    /// How much of an input sample one crossing is; above 1 when the rate falls.
    private let width: Double

    init(from: Int, to: Int) {
        self.from = from
        self.to = to
        width = max(1, Double(from) / Double(to)) / Self.passband
        let last = Self.crossings * Self.entries
        let norm = Self.bessel(Self.beta)
        table = (0...last + 1).map { index in
            guard index > 0 else { return 1 }
            guard index <= last else { return 0 }
            let x = Double(index) / Double(Self.entries)
            let edge = x / Double(Self.crossings)
            let window = Self.bessel(Self.beta * max(0, 1 - edge * edge).squareRoot()) / norm
            return Float(sin(.pi * x) / (.pi * x) * window)
        }
    }

    /// The same sound at the new rate; as long as the input, rounded up.
    func resample(_ input: [Float]) -> [Float] {
        guard from != to, !input.isEmpty else { return input }
        let count = (input.count * to + from - 1) / from
        let step = Double(Self.entries) / width
        let reach = Double(Self.crossings) * width
        return (0..<count).map { index in
            // Where the output sample lies among the input's: exactly, so that nothing drifts.
            let whole = index * from / to
            let fraction = Double(index * from % to) / Double(to)
            let first = max(0, whole - Int(reach))
            let last = min(input.count - 1, whole + Int(reach) + 1)
            var sum: Float = 0
            guard first <= last else { return 0 }
            for position in first...last {
                let distance = abs(Double(position - whole) - fraction) * step
                let entry = Int(distance)
                guard entry < table.count - 1 else { continue }
                let rest = Float(distance - Double(entry))
                sum += input[position] * (table[entry] + (table[entry + 1] - table[entry]) * rest)
            }
            return sum / Float(width)
        }
    }

    /// The modified Bessel function of order 0.
    private static func bessel(_ x: Double) -> Double {
        var sum = 1.0
        var term = 1.0
        for k in 1...40 {
            let factor = x / (2 * Double(k))
            term *= factor * factor
            sum += term
        }
        return sum
    }
}
