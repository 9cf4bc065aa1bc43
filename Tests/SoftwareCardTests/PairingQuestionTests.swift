import CardProfile
import GATT
import SoftwareCard
import TestSupport
import Testing

/// What a card's user is asked when a real controller draws the digits, and when he is not.
@Suite struct PairingQuestionTests {
    /// A link that nothing comes over.
    private struct QuietLink: ServerLink {
        let id: UInt64
        let central = CardWorld.adapter
        let maximumTransmissionUnit = 247
        func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {}
        func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {}
        func disconnect() async {}
    }

    private static func asked(_ card: SoftwareCard, _ line: String) async throws {
        try await card.when { $0.lines.contains(line) ? () : nil }
    }

    @Test func aPasskeyIsShownAndGoesWithThePairing() async throws {
        let world = try await CardWorld()
        let link = QuietLink(id: 1)
        try await world.run {
            await world.card.connected(link)
            #expect(await world.card.answer(.displayPasskey(7), over: link) == .no)
            try await world.card.openPairing()
            #expect(await world.card.answer(.displayPasskey(7), over: QuietLink(id: 2)) == .no)
            #expect(await world.card.answer(.displayPasskey(7), over: link) == .yes)
            try await Self.asked(world.card, "Passkey 000007")
            #expect(await world.card.answer(.authorize, over: link) == .no)
            await world.card.paired(over: link, bonded: false)
            #expect(await world.card.report().screen.passkey == nil)
        }
    }

    @Test func justWorksIsForCardsThatHaveNothingElse() async throws {
        let world = try await CardWorld { $0.capabilities.insert(.justWorksOnly) }
        let link = QuietLink(id: 1)
        try await world.run {
            await world.card.connected(link)
            #expect(await world.card.answer(.authorize, over: link) == .no)
            try await world.card.openPairing()
            #expect(await world.card.answer(.authorize, over: link) == .yes)
        }
    }

    @Test(arguments: [
        (PairingQuestion.enterPasskey, PairingAnswer.passkey(42), "Type passkey"), (.confirm(123_456), .yes, "Same? 123456"),
        (.confirm(123_456), .no, "Same? 123456"),
    ])
    func itsUserAnswers(_ question: PairingQuestion, _ answer: PairingAnswer, _ line: String) async throws {
        let world = try await CardWorld()
        let link = QuietLink(id: 1)
        try await world.run {
            await world.card.connected(link)
            try await world.card.openPairing()
            await #expect(throws: SoftwareCardError.self) { try await world.card.answerPairing(answer) }
            async let given = world.card.answer(question, over: link)
            try await Self.asked(world.card, line)
            try await world.card.answerPairing(answer)
            #expect(await given == answer)
            #expect(await world.card.report().screen.question == nil)
        }
    }

    @Test func aQuestionEndsWithItsLinkOrThePairingMode() async throws {
        let world = try await CardWorld()
        let link = QuietLink(id: 1)
        try await world.run {
            await world.card.connected(link)
            try await world.card.openPairing()
            async let unanswered = world.card.answer(.enterPasskey, over: link)
            try await Self.asked(world.card, "Type passkey")
            await world.card.disconnected(link)
            #expect(await unanswered == .no)
        }
    }
}
