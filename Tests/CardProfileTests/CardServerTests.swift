import CardProfile
import Recordings
import Testing

@Suite struct CardServerTests {
    /// Writes a request to a subscribed server and confirms its response.
    static func ask(_ request: ControlRequest, _ server: inout CardServer, _ card: inout PlainCard, tag: UInt8 = 3) throws -> ControlResponse {
        let answer = server.controlPointWritten(request.bytes(tag: tag)[...], &card)
        guard case .accepted(let bytes) = answer else { throw ProfileError(.outOfOrder, "refused: \(answer)") }
        _ = server.responseConfirmed()
        let response = try ControlResponse(bytes[...])
        #expect(response.tag == tag && response.opcode == request.opcode.rawValue)
        return response
    }

    static func subscribed() -> CardServer {
        var server = CardServer(valueLength: 20)
        server.controlPointSubscribed(true)
        server.transferSubscribed(true)
        return server
    }

    static func digest(_ byte: UInt8) throws -> SHA256Digest { try #require(SHA256Digest([UInt8](repeating: byte, count: 32))) }
    static func key(_ byte: UInt8) throws -> OwnerKey { try #require(OwnerKey([UInt8](repeating: byte, count: 32))) }

    @Test func writesThatAreNoRequestsGetTheirATTErrors() throws {
        var card = try #require(PlainCard())
        var server = CardServer(valueLength: 20)
        let find = ControlRequest.find(seconds: 1).bytes(tag: 1)[...]
        let unsubscribed = server.controlPointWritten(find, &card)
        #expect(unsubscribed == .refused(att: 0xFD))
        server.controlPointSubscribed(true)
        let short = server.controlPointWritten([7], &card)
        #expect(short == .refused(att: 0x0D))
        let first = server.controlPointWritten(find, &card)
        #expect(first == .accepted(response: [0x87, 1, 0]))
        let second = server.controlPointWritten(find, &card)
        #expect(second == .refused(att: 0xFE))
        let closes = server.responseConfirmed()
        let third = server.controlPointWritten([0x3C, 9], &card)
        #expect(!closes && third == .accepted(response: [0xBC, 9, 1]) && card.finds == [1])
    }

    @Test func everyActionReachesTheCardThatOffersItAndNoOther() throws {
        var card = try #require(PlainCard())
        var server = Self.subscribed()
        let now = try #require(UTCTime("2026-11-23T09:15:00.000Z"))
        let note = ScreenNote("Büro", style: .alert, seconds: 9)
        #expect(try Self.ask(.screen(note), &server, &card).result == .success)
        #expect(try Self.ask(.record(.memo), &server, &card).answer == .recording(7))
        #expect(try Self.ask(.record(.mark), &server, &card).result == .noSuchObject)
        guard case .clock(let clock) = try Self.ask(.setTime(now: now, minutesEast: -90), &server, &card).answer else {
            Issue.record("no clock")
            return
        }
        #expect(clock.reading(now: now).powerOn == now.advanced(by: -61_234) && card.clock == now)
        #expect(card.notes == [note] && card.commands == [.memo])
        card.features.capabilities = []
        for request in [.screen(note), .record(.start), .find(seconds: 1), .own(try Self.key(1))] as [ControlRequest] {
            #expect(try Self.ask(request, &server, &card).result == .notPermitted)
        }
        #expect(card.notes.count == 1 && card.commands.count == 1 && card.finds.isEmpty && card.ownerKey == nil)
    }

    @Test func releaseNeedsTheRightDigestOfACompleteRecording() throws {
        var card = try #require(PlainCard())
        card.add(1, [1, 2, 3], digest: try Self.digest(1))
        card.add(2, [1], flags: .inProgress)
        var server = Self.subscribed()
        func release(_ number: UInt32, _ byte: UInt8, erase: Bool = false) throws -> ControlResult {
            try Self.ask(.release(recording: number, digest: Self.digest(byte), erase: erase), &server, &card).result
        }
        #expect(try release(9, 1) == .noSuchObject)
        #expect(try release(2, 1) == .notComplete)
        #expect(try release(1, 2) == .digestDiffers)
        #expect(card.recording(1)?.flags == .complete)
        #expect(try release(1, 1) == .success)
        #expect(card.recording(1)?.flags == [.complete, .released])
        #expect(try release(1, 1) == .success)
        #expect(try release(1, 1, erase: true) == .success && card.erased == [1])
        #expect(try release(1, 1) == .noSuchObject)
    }

    @Test func eventsAreAcknowledgedUpToWhatWasLogged() throws {
        var card = try #require(PlainCard())
        card.log(5)
        var server = Self.subscribed()
        #expect(try Self.ask(.acknowledgeEvents(upTo: 6), &server, &card).result == .badParameter)
        #expect(try Self.ask(.acknowledgeEvents(upTo: 3), &server, &card).result == .success)
        #expect(try Self.ask(.acknowledgeEvents(upTo: 1), &server, &card).result == .success)
        #expect(card.lastAcknowledged == 3)
    }

    @Test func aCardWithOwnerObeysOnlyAfterTheProof() throws {
        var card = try #require(PlainCard())
        let (key, other) = (try Self.key(1), try Self.key(2))
        var server = Self.subscribed()
        #expect(try Self.ask(.challenge, &server, &card).result == .noSuchObject)
        #expect(try Self.ask(.prove(proof: [UInt8](repeating: 0, count: 32)), &server, &card).result == .noSuchObject)
        #expect(try Self.ask(.own(key), &server, &card).result == .success && card.ownerKey == key)
        // Who set the key has it: the link stays open.
        #expect(try Self.ask(.find(seconds: 1), &server, &card).result == .success)

        var locked = Self.subscribed()
        let before = locked.mayNotifyEvents(card)
        #expect(!before)
        let requests: [ControlRequest] = [
            .read(object: 0, offset: 0, length: 0, limit: 9), .find(seconds: 1), .own(other), .acknowledgeEvents(upTo: 0),
            .setTime(now: UTCTime(milliseconds: 0), minutesEast: 0), .prove(proof: [UInt8](repeating: 0, count: 32)),
        ]
        for request in requests { #expect(try Self.ask(request, &locked, &card).result == .notPermitted, "\(request.opcode)") }
        let unknown = locked.controlPointWritten([0x3C, 1], &card)
        #expect(unknown == .accepted(response: [0xBC, 1, 7]))
        _ = locked.responseConfirmed()
        guard case .challenge(let challenge) = try Self.ask(.challenge, &locked, &card).answer else {
            Issue.record("no challenge")
            return
        }
        let proof = OwnerProof.make(key: key, challenge: challenge, serial: card.serial)
        #expect(try Self.ask(.prove(proof: proof), &locked, &card).result == .success)
        let after = locked.mayNotifyEvents(card)
        #expect(after)
        #expect(try Self.ask(.own(other), &locked, &card).result == .success && card.ownerKey == other)
        // A challenge is good once.
        #expect(try Self.ask(.prove(proof: proof), &locked, &card).result == .notPermitted)
    }

    @Test func aWrongProofEndsTheLink() throws {
        var card = try #require(PlainCard())
        card.ownerKey = try Self.key(1)
        var server = Self.subscribed()
        guard case .challenge(let challenge) = try Self.ask(.challenge, &server, &card).answer else {
            Issue.record("no challenge")
            return
        }
        let proof = OwnerProof.make(key: try Self.key(2), challenge: challenge, serial: card.serial)
        let answer = server.controlPointWritten(ControlRequest.prove(proof: proof).bytes(tag: 1)[...], &card)
        #expect(answer == .accepted(response: [0x89, 1, 7]))
        let closes = server.responseConfirmed()
        #expect(closes)
    }

    @Test func readIsCheckedBeforeItBegins() throws {
        var card = try #require(PlainCard())
        card.add(1, [UInt8](repeating: 5, count: 100))
        var server = CardServer(valueLength: 20)
        server.controlPointSubscribed(true)
        func read(_ object: UInt32, _ offset: UInt64, _ length: UInt64 = 0) throws -> ControlResponse {
            try Self.ask(.read(object: object, offset: offset, length: length, limit: 0), &server, &card)
        }
        #expect(try read(1, 0).result == .notPermitted, "Transfer is not subscribed")
        server.transferSubscribed(true)
        #expect(try read(2, 0).result == .noSuchObject)
        #expect(try read(0xFFFF_FFF5, 0).result == .noSuchObject)
        #expect(try read(1, 101).result == .offsetPastEnd)
        #expect(try read(1, 40, .max - 1).answer == .willFollow(60))
        #expect(try read(1, 0).result == .busy)
        server.transferSubscribed(false)
        let runs = server.isTransferring
        #expect(!runs, "unsubscribing ends a transfer")
        server.transferSubscribed(true)
        #expect(try read(1, 100).answer == .willFollow(0))
        let end = server.nextTransferStep(card)
        #expect(end == .send([3, 1, 0, 0, 0, 0, 0, 0, 0], isLast: true), "the end needs no credit")
        let idle = server.nextTransferStep(card)
        #expect(idle == .idle)
    }

    @Test func valuesFitTheLink() {
        #expect(CardServer.valueLength(maximumTransmissionUnit: 23) == 20)
        #expect(CardServer.valueLength(maximumTransmissionUnit: 185) == 182)
        #expect(CardServer.valueLength(maximumTransmissionUnit: 247) == 244)
        #expect(CardServer.valueLength(maximumTransmissionUnit: 247, overhead: 5) == 242)
        #expect(CardServer.valueLength(maximumTransmissionUnit: 517, overhead: 5) == 495)
        #expect(CardServer.valueLength(maximumTransmissionUnit: 0) == 20)
    }

    /// Whatever is written, in whatever order, the server answers or refuses, and a card with an owner gives nothing away.
    @Test(arguments: [false, true])
    func noSequenceOfWritesBreaksTheServer(hasOwner: Bool) throws {
        var card = try #require(PlainCard())
        card.add(1, [UInt8](repeating: 5, count: 3000), digest: try Self.digest(1))
        card.log(20)
        if hasOwner { card.ownerKey = try Self.key(1) }
        let before = card.recordings.count
        var server = CardServer(valueLength: 20)
        server.controlPointSubscribed(true)
        var random: UInt64 = 0x9E37_79B9_7F4A_7C15
        func draw(_ most: UInt64) -> UInt64 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return random % most
        }
        var answered = 0
        var sent = 0
        for _ in 0..<20_000 {
            switch draw(8) {
            case 0: server.transferSubscribed(draw(4) != 0)
            case 1:
                let limit = draw(2) == 0 ? UInt32(draw(300)) : .max
                server.transferWritten(TransferCommand(tag: UInt8(draw(4)), draw(6) == 0 ? .abort : .credit(limit: limit)).bytes[...])
            case 2:
                if case .send = server.nextTransferStep(card) { sent += 1 }
            case 3:
                let read = ControlRequest.read(
                    object: [0, 1, 2, .max, .max - 1, .max - 9][Int(draw(6))], offset: [0, 1, 2999, 3001, .max][Int(draw(5))],
                    length: [0, 1, 5000, .max, .max - 1][Int(draw(5))], limit: UInt32(draw(200)))
                if case .accepted = server.controlPointWritten(read.bytes(tag: UInt8(draw(4)))[...], &card) { answered += 1 }
            default:
                var bytes = (0..<draw(48)).map { _ in UInt8(draw(256)) }
                if !bytes.isEmpty { bytes[0] = UInt8(draw(12)) }
                if case .accepted(let response) = server.controlPointWritten(bytes[...], &card) {
                    answered += 1
                    #expect(response.count >= 3 && response.count <= 20)
                }
            }
            if draw(3) != 0 { _ = server.responseConfirmed() }
        }
        #expect(answered > 1000)
        if hasOwner {
            #expect(sent == 0 && card.notes.isEmpty && card.finds.isEmpty && card.commands.isEmpty && card.lastAcknowledged == 0)
            #expect(card.ownerKey == (try Self.key(1)))
        } else {
            #expect(sent > 100)
        }
        #expect(card.recordings.count == before, "nothing is released without its digest")
    }
}
