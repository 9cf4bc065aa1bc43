import Synchronization

/// Seeded numbers. Each purpose draws from its own, so that a draw more for one changes nothing for the others.
struct Draw {
    private var state: UInt64

    init(_ seed: UInt64, _ purpose: String) {
        state = purpose.utf8.reduce(seed &+ 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// splitmix64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// 0 ..< bound
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// True once in so many.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }

    /// Small numbers as often as large ones: 1 ... bound, evenly on a scale of powers of two.
    mutating func spread(upTo bound: Int) -> Int {
        let bits = below(Int.bitWidth - bound.leadingZeroBitCount) + 1
        return min(bound, 1 + below(1 << bits))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// The same for closures that several tasks call.
final class SharedDraw: Sendable {
    private let draw: Mutex<Draw>

    init(_ seed: UInt64, _ purpose: String) { draw = Mutex(Draw(seed, purpose)) }

    func next() -> UInt64 { draw.withLock { $0.next() } }
}
