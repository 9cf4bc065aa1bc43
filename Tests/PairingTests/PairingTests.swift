import APIClient
import CardProfile
import GATT
import GatewayAPI
import SoftwareCard
import Testing

/// `earshot pair` as a person runs it, against a real earshotd.
@Suite(.timeLimit(.minutes(15))) struct PairingTests {
    static let plain: @Sendable (inout CardSettings) -> Void = { _ in }
    static let comparing: @Sendable (inout CardSettings) -> Void = { $0.comparesDigits = true }
    static let justWorks: @Sendable (inout CardSettings) -> Void = { $0.capabilities.insert(.justWorksOnly) }

    @Test func theRightPasskeyPairsAndAMistypedOneIsAskedForAgain() async throws {
        try await Box.with([Self.plain]) { box in
            let card = box.cards[0]
            let run = try await box.earshot("pair", "anna") { terminal in
                try await terminal.see("Who carries it?")
                try terminal.type("anna@example.com")
                try await terminal.see("Their name")
                try terminal.type("Anna Weiss")
                try await terminal.see("Open pairing mode")
                try await card.card.openPairing()
                try await terminal.see("dBm")
                try await terminal.see("six digits")
                try terminal.type("12x")
                try await terminal.see("\"12x\" is not six digits.")
                try terminal.type(try await card.passkey())
                try await terminal.see("Paired: anna is A1-0001")
                try await terminal.see("so the bond is authenticated")
                try await terminal.see("this company's key was set")
                try await terminal.see("Anna Weiss (anna@example.com)")
            }
            #expect(run.status == 0, "\(run.text)")
            let known = try #require(try await box.client.cards().items.first)
            #expect(known.pairing == "passkey" && known.name == "anna" && known.holder?.id == "anna@example.com")
        }
    }

    @Test func aWrongPasskeyLeavesNothingBehind() async throws {
        try await Box.with([Self.plain]) { box in
            let run = try await box.pairAnna { terminal, card in
                try await terminal.see("six digits")
                let right = try await card.passkey()
                try terminal.type(right == "000000" ? "000001" : "000000")
            }
            #expect(run.status == 1, "\(run.text)")
            #expect(run.text.contains("six digits that it shows"), "it says what to do: \(run.text)")
            try await box.expectNothingLeft()
        }
    }

    /// The card shows the digits that stand here, and both users say yes.
    @Test func digitsThatAreTheSameOnBothSidesPair() async throws {
        try await Box.with([Self.comparing]) { box in
            let run = try await box.pairAnna { terminal, card in
                try await terminal.see("do both show \(try await card.digits())? yes or no: ")
                try await card.card.answerPairing(.yes)
                try terminal.type("perhaps")
                try await terminal.see("yes or no: ")
                try terminal.type("yes")
                try await terminal.see("Paired: anna is A1-0001")
                try await terminal.see("numeric comparison: this box's own agent was asked, so the bond is authenticated")
            }
            #expect(run.status == 0, "\(run.text)")
            #expect(try await box.client.cards().items.first?.pairing == "comparison")
        }
    }

    @Test(arguments: [true, false]) func digitsThatDifferLeaveNothingBehind(onTheCard: Bool) async throws {
        try await Box.with([Self.comparing]) { box in
            let run = try await box.pairAnna { terminal, card in
                try await terminal.see("do both show \(try await card.digits())? yes or no: ")
                try await card.card.answerPairing(onTheCard ? .no : .yes)
                if !onTheCard { try terminal.type("no") }
            }
            #expect(run.status == 1, "\(run.text)")
            #expect(!run.text.contains("Paired:"), "\(run.text)")
            try await box.expectNothingLeft()
        }
    }

    @Test func aWindowThatClosesBeforeAnAnswerLeavesNothingBehind() async throws {
        try await Box.with([Self.plain]) { box in
            try await box.cards[0].card.openPairing()
            let run = try await box.earshot("pair", "anna", "--holder", "anna@example.com", "--window", "3")
            #expect(run.status == 1, "\(run.text)")
            #expect(run.text.contains("The pairing window is over."), "\(run.text)")
            try await box.expectNothingLeft()
        }
    }

    @Test func ctrlCLeavesNothingBehindAndAnotherPairingMayBeginAtOnce() async throws {
        try await Box.with([Self.plain]) { box in
            let card = box.cards[0]
            try await card.card.openPairing()
            let run = try await box.earshot("pair", "anna", "--holder", "anna@example.com") { terminal in
                try await terminal.see("six digits")
                try terminal.interrupt()
            }
            #expect(run.status == 1, "\(run.text)")
            #expect(run.text.contains("nothing was paired"), "\(run.text)")
            try await box.expectNothingLeft()
            let again = try await box.client.pair(PairRequest(name: "anna"))
            try await box.client.cancelPairing(again.id)
        }
    }

    @Test func justWorksIsRefusedUnlessAllowedAndShownAsSuch() async throws {
        try await Box.with([Self.justWorks]) { box in
            let card = box.cards[0]
            try await card.card.openPairing()
            let refused = try await box.earshot("pair", "anna", "--holder", "anna@example.com")
            #expect(refused.status == 1, "\(refused.text)")
            #expect(refused.text.contains("--allow-unauthenticated"), "\(refused.text)")
            #expect(try await box.client.cards().items.isEmpty)

            try await card.card.openPairing()
            let allowed = try await box.earshot("pair", "anna", "--holder", "anna@example.com", "--allow-unauthenticated")
            #expect(allowed.status == 0, "\(allowed.text)")
            #expect(allowed.text.contains("NOT authenticated"), "\(allowed.text)")
            #expect(try await box.client.cards().items.first?.pairing == "just_works")
        }
    }

    @Test func ofSeveralCardsThePersonChooses() async throws {
        try await Box.with([Self.plain, Self.plain]) { box in
            for card in box.cards { try await card.card.openPairing() }
            let run = try await box.earshot("pair", "anna", "--holder", "anna@example.com") { terminal in
                try await terminal.see("Which card? 1 to 2: ")
                try terminal.type("3")
                try await terminal.see("Which card? 1 to 2: ")
                try terminal.type("2")
                try await terminal.see("six digits")
                for card in box.cards where await card.card.report().screen.passkey != nil { try terminal.type(try await card.passkey()) }
                try await terminal.see("Paired: anna")
            }
            #expect(run.status == 0, "\(run.text)")
            #expect(try await box.client.cards().items.count == 1)
        }
    }

    @Test func aForgottenCardLeavesItsRecordingsAndNoBond() async throws {
        try await Box.with([Self.plain]) { box in
            let card = box.cards[0]
            try await card.card.openPairing()
            let paired = try await box.earshot("pair", "anna", "--holder", "anna@example.com") { terminal in
                try await terminal.see("six digits")
                try terminal.type(try await card.passkey())
            }
            try #require(paired.status == 0, "\(paired.text)")
            let kept = try await box.earshot("forget", "anna") { terminal in
                try await terminal.see("yes or no: ")
                try terminal.type("no")
            }
            #expect(kept.status == 1 && kept.text.contains("nothing was removed"), "\(kept.text)")
            #expect(try await box.client.cards().items.count == 1)
            let forgotten = try await box.earshot("forget", "anna", "--yes")
            #expect(forgotten.status == 0 && forgotten.text.contains("anna is forgotten"), "\(forgotten.text)")
            #expect(try await box.client.cards().items.isEmpty)
            // The lines of the cards' sides are the cards'.
            #expect(!box.bonds.split(separator: "\n").contains { !$0.hasPrefix("card ") && $0.contains("\(card.address)") })
            #expect(await card.card.report().bonds.count == 1, "the card's side is the card's affair, and it is said so")
            #expect(forgotten.text.contains("On the card: it still has its side"))
        }
    }
}
