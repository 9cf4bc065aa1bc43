import Recordings

/// What a card's user does.
enum Happening: Sendable, Hashable {
    case record(milliseconds: Int, RecordingKind, marks: Int)
    /// Speaks with the key held.
    case memo(milliseconds: Int)
    case press(Button, Gesture)
}

/// What happens in one world, drawn by its seed.
struct Plan: Sendable {
    struct Step: Sendable, Hashable {
        /// Since the step before.
        let after: Duration
        let happening: Happening
    }

    struct Card: Sendable {
        var steps: [Step] = []
    }

    var cards: [Card]
    var gateways = 1

    init(seed: UInt64) {
        var draw = Draw(seed, "plan")
        cards = (0..<2).map { _ in Card(steps: Self.day(&draw)) }
    }

    /// Bursts with pauses between them.
    private static func day(_ draw: inout Draw) -> [Step] {
        (0..<draw.within(3...10)).map { _ in
            let pause: Duration = draw.once(in: 3) ? .seconds(draw.within(60...3600)) : .milliseconds(draw.spread(upTo: 20_000))
            return Step(after: pause, happening: happening(&draw))
        }
    }

    private static func happening(_ draw: inout Draw) -> Happening {
        switch draw.below(6) {
        case 0, 1: .record(milliseconds: draw.spread(upTo: 2500), draw.pick([.conversation, .call]), marks: draw.below(3))
        case 2: .memo(milliseconds: draw.spread(upTo: 800))
        default: .press(draw.pick([.assistant, .side, .record]), draw.pick([.double, .triple, .long, .veryLong]))
        }
    }
}
