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
        /// ATT_MTU that it offers.
        var maximumTransmissionUnit = 247
        var troubles: [(after: Duration, trouble: CardTrouble)] = []
    }

    var cards: [Card]
    var gateways = 1
    var troubles: [(after: Duration, trouble: Trouble)] = []

    init(seed: UInt64) {
        var draw = Draw(seed, "plan")
        let count = draw.within(1...3)
        cards = (0..<count).map { _ in Card(steps: Self.day(&draw), maximumTransmissionUnit: draw.pick([65, 100, 185, 247, 247, 517])) }
        if draw.once(in: 4) { gateways = 2 }
        var troubled = Draw(seed, "troubles")
        troubles = (0..<troubled.spread(upTo: 16)).map { _ in
            let after: Duration = troubled.once(in: 2) ? .zero : .milliseconds(troubled.spread(upTo: 5_400_000))
            return (after, Trouble.draw(&troubled, cards: count, gateways: gateways))
        }
        var clocks = Draw(seed, "clocks of gateways")
        if clocks.once(in: 3) {
            for _ in 0..<clocks.within(1...3) {
                let after: Duration = clocks.once(in: 2) ? .zero : .milliseconds(clocks.spread(upTo: 5_400_000))
                troubles.append((after, Trouble.clock(&clocks, gateways: gateways)))
            }
        }
        var troubledCards = Draw(seed, "troubles of cards")
        trouble(cards: &troubledCards)
    }

    /// What goes wrong with each card by itself; a storage is formatted once at most.
    private mutating func trouble(cards draw: inout Draw) {
        for card in cards.indices where !draw.once(in: 4) {
            let mayFormat = draw.once(in: 2)
            var isFormatted = false
            for _ in 0..<draw.spread(upTo: 8) {
                let after: Duration = draw.once(in: 3) ? .zero : .milliseconds(draw.spread(upTo: 5_400_000))
                let trouble = CardTrouble.draw(&draw, isShared: gateways > 1, mayFormat: mayFormat && !isFormatted)
                isFormatted = isFormatted || trouble.formats
                cards[card].troubles.append((after, trouble))
            }
        }
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
        case 0, 1:
            .record(
                milliseconds: draw.once(in: 6) ? 1500 + draw.below(2500) : draw.spread(upTo: 1500), draw.pick([.conversation, .call]),
                marks: draw.below(3))
        case 2: .memo(milliseconds: draw.spread(upTo: 800))
        default: .press(draw.pick([.assistant, .side, .record]), draw.pick([.double, .triple, .long, .veryLong]))
        }
    }
}
