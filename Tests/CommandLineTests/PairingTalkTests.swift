import CommandLine
import GatewayAPI
import Recordings
import Testing

/// What a pairing says and asks, without a gateway.
@Suite struct PairingTalkTests {
    static func found(_ address: String, rssi: Int? = -48, name: String? = "Card-7C21") -> PairingTalk.Happening {
        .event(PairingEventMessage(state: Term(.found), address: address, deviceName: name, rssi: rssi))
    }

    static func question(_ question: PairingEventMessage.Question, passkey: String? = nil) -> PairingTalk.Happening {
        .event(PairingEventMessage(state: Term(.question), question: Term(question), passkey: passkey))
    }

    static func talk(_ happenings: PairingTalk.Happening..., chooses: Bool = true, hasPerson: Bool = true) -> [[PairingTalk.Act]] {
        var talk = PairingTalk(chooses: chooses, hasPerson: hasPerson)
        return happenings.map { talk.take($0) }
    }

    @Test(arguments: [
        ("012345", "012345"), ("012 345", "012345"), ("012-345", "012345"), ("12345", nil), ("1234567", nil), ("", nil), ("12345x", nil),
        ("+12345", nil), ("１２３４５６", nil), ("12 34", nil),
    ])
    func aPasskeyHasSixDigits(typed: String, passkey: String?) { #expect(PairingTalk.passkey(typed) == passkey) }

    @Test(arguments: [
        (-30, "▂▄▆█ -30 dBm"), (-55, "▂▄▆█ -55 dBm"), (-56, "▂▄▆· -56 dBm"), (-68, "▂▄·· -68 dBm"), (-80, "▂··· -80 dBm"), (-127, "▂··· -127 dBm"),
        (nil, "····"),
    ])
    func aSignalHasFourBars(rssi: Int?, bars: String) { #expect(Nearby.bars(rssi) == bars) }

    @Test func theOnlyCardIsTakenAfterAMomentForOthers() {
        let acts = Self.talk(Self.found("C0:01"), .settled)
        #expect(acts == [[.show, .settle], [.answer(PairingAnswerRequest(device: "C0:01"))]])
    }

    @Test func ofSeveralOneIsChosenAndANumberThatIsNoneIsAskedForAgain() {
        let acts = Self.talk(Self.found("C0:01"), Self.found("C0:02"), .settled, .line("3"), .line("x"), .line(" 2 "))
        #expect(acts[2] == [.ask("Which card? 1 to 2: ")] && acts[3] == acts[2] && acts[4] == acts[2])
        #expect(acts[5] == [.answer(PairingAnswerRequest(device: "C0:02"))])
    }

    @Test func aCardThatIsHeardLateIsOffered() {
        let acts = Self.talk(Self.found("C0:01"), Self.found("C0:02"), .settled, Self.found("C0:03"), Self.found("C0:03", rssi: -60), .line("3"))
        #expect(acts[3] == [.show, .ask("Which card? 1 to 3: ")])
        #expect(acts[4] == [.show])
        #expect(acts[5] == [.answer(PairingAnswerRequest(device: "C0:03"))])
    }

    @Test func withoutAPersonSeveralCardsAreNotGuessed() {
        let acts = Self.talk(Self.found("C0:01"), Self.found("C0:02"), .settled, hasPerson: false)
        guard case .end(.nobodyAnswers(let what))? = acts[2].last else {
            Issue.record("\(acts)")
            return
        }
        #expect(what.contains("--device"))
    }

    @Test func aCardThatWasNamedIsTheGatewaysAffair() {
        #expect(Self.talk(Self.found("C0:01"), .settled, chooses: false) == [[.show], []])
    }

    @Test func aMistypedPasskeyIsAskedForAgain() {
        let acts = Self.talk(Self.question(.enterPasskey), .line("12"), .line("012 345"), chooses: false)
        #expect(acts[0] == [.ask("Type the six digits that the card shows: ")])
        #expect(acts[1] == [.ask("\"12\" is not six digits. Type the six digits that the card shows: ")])
        #expect(acts[2] == [.answer(PairingAnswerRequest(passkey: "012345"))])
    }

    @Test func aPasskeyForTheCardIsShown() {
        #expect(Self.talk(Self.question(.displayPasskey, passkey: "012345"), chooses: false) == [[.say("Type 012 345 on the card.")]])
    }

    @Test(arguments: [("yes", "yes"), ("Y", "yes"), ("no", "no"), ("n", "no"), ("maybe", nil), ("", nil)])
    func aComparisonIsAnsweredYesOrNo(typed: String, answer: String?) {
        let acts = Self.talk(Self.question(.confirm, passkey: "123456"), .line(typed), chooses: false)
        #expect(acts[0] == [.ask("The card and this screen: do both show 123 456? yes or no: ")])
        #expect(acts[1] == (answer.map { [.answer(PairingAnswerRequest(answer: $0))] } ?? acts[0]))
    }

    @Test func whereNobodyTypesAQuestionEndsIt() {
        let acts = Self.talk(Self.question(.enterPasskey), .inputEnded, chooses: false)
        #expect(acts[1] == [.end(.nobodyAnswers("Type the six digits that the card shows: "))])
        #expect(Self.talk(.inputEnded, Self.found("C0:01")) == [[], [.show, .settle]], "nothing is asked: nothing is missing")
        let early = Self.talk(.inputEnded, Self.question(.enterPasskey), chooses: false)
        #expect(early[1] == acts[1], "also when it ended before the question came")
        #expect(Self.talk(.inputEnded, Self.question(.displayPasskey, passkey: "123456"), chooses: false)[1] == [.say("Type 123 456 on the card.")])
    }

    @Test func recordersOfOthersStandBelowWithWhatIsMissing() {
        var talk = PairingTalk(chooses: true, hasPerson: true)
        _ = talk.take(
            .event(
                PairingEventMessage(
                    state: Term(.other), address: "AA:01", deviceName: "Omi\u{1B}[31m", rssi: -70, kind: "Omi", missing: "not yet: no encryption")))
        _ = talk.take(Self.found("C0:01", name: nil))
        #expect(
            talk.nearby.lines == ["  1  a card  C0:01  ▂▄▆█ -48 dBm", "  –  Omi \"Omi\\u{1b}[31m\"  ▂▄·· -70 dBm  not yet: no encryption"])
    }

    @Test func theEndIsTheGatewaysWord() throws {
        let card = CardID.make(at: UTCTime(milliseconds: 1))
        let serial = try #require(CardSerial("A1-7214"))
        let acts = Self.talk(
            .event(
                PairingEventMessage(
                    state: Term(.paired), card: card, serial: serial, method: "just_works", authenticated: false)), .line("more"))
        guard case .end(.paired(let facts))? = acts[0].first else {
            Issue.record("\(acts)")
            return
        }
        #expect(facts.card == card && !facts.isAuthenticated && facts.bond.contains("NOT authenticated"))
        #expect(acts[1] == [])
        let failed = Self.talk(.event(PairingEventMessage(state: Term(.failed), reason: "The window is over.", fix: "Again.")))
        #expect(failed == [[.end(.failed(reason: "The window is over.", fix: "Again."))]])
    }
}
