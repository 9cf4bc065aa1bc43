/// Numbers drawn from a seed.
struct Draws {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<4 { _ = next() }
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// From 0 to below `bound`.
    mutating func next(_ bound: Int) -> Int { Int((next() >> 11) % UInt64(max(1, bound))) }

    /// True so many times of a hundred.
    mutating func chance(_ percent: Int) -> Bool { next(100) < percent }
}
