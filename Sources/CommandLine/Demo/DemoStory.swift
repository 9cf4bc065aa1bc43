internal import Recordings

/// What the demo's cards hold before they meet the gateway, and where things go wrong: drawn from a seed.
struct DemoStory: Sendable {
    struct Recording: Sendable {
        let card: String
        let kind: String
        let seconds: Int
        let marks: Int
        /// How long before the demo it ended.
        let endedAgo: Int
        var clockUnset = false
        var isDeleted = false
    }

    let recordings: [Recording]
    /// At which part of anna/2 the link breaks.
    let linkLossAt: Double
    /// At which part of ben/1 the gateway is killed.
    let killAt: Double
    /// After how many notifications of anna's card two are dropped.
    let dropAfter: Int
    let memoSeconds: Int

    init(seed: UInt64) {
        var random = SplitMix(state: seed)
        func between(_ low: Int, _ high: Int) -> Int { low + Int(random.next() % UInt64(high - low + 1)) }
        recordings = [
            Recording(card: "anna", kind: "conversation", seconds: between(55, 75), marks: 2, endedAgo: 3000),
            Recording(card: "anna", kind: "call", seconds: between(100, 120), marks: 0, endedAgo: 2200),
            Recording(card: "anna", kind: "conversation", seconds: between(8, 12), marks: 0, endedAgo: 1500, isDeleted: true),
            Recording(card: "ben", kind: "conversation", seconds: between(150, 170), marks: 1, endedAgo: 2800),
            Recording(card: "ben", kind: "call", seconds: between(40, 60), marks: 3, endedAgo: 600),
            Recording(card: "ben", kind: "conversation", seconds: between(25, 40), marks: 0, endedAgo: 60, clockUnset: true),
        ]
        linkLossAt = Double(between(30, 60)) / 100
        killAt = Double(between(55, 75)) / 100
        dropAfter = between(200, 600)
        memoSeconds = 4
    }

    func recordings(of card: String) -> [Recording] { recordings.filter { $0.card == card } }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same for a seed on every machine.
struct SplitMix: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
