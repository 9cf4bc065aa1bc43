import APIClient
import APIServer
import Drivers
import GATT
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct CardRouteTests {
    @Test func theBoxIsSeenAtAGlance() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(10))
            let status = try await world.reader.status()
            #expect(status.name == "hq")
            #expect(status.version == "0.1")
            #expect(status.adapters.map(\.state) == ["scanning"])
            #expect(status.cards == 1)
            #expect(status.recordings == ["proven": 1])
            #expect(status.disk.free > 0)
            let health: HealthMessage = try await world.reader.get(Routes.health.path())
            #expect(health.status == "ok")
        }
    }

    @Test func aCardIsRenamedAndCarried() async throws {
        try await GatewayWorld.run { world in
            let listed = try await world.reader.cards().items
            #expect(listed.map(\.name) == ["anna"])
            #expect(listed.first?.manufacturer == "Ma\\u{1b}ker", "what a card says is escaped")
            #expect(try await world.control.renameCard("anna", to: "ben").name == "ben")
            let holder = try await world.control.addHolder(HolderRequest(id: "ben@example.com", name: "Ben", groups: ["sales"]))
            #expect(holder.groups == ["sales"])
            let card = try await world.control.assignCard("ben", AssignCardRequest(holder: "ben@example.com"))
            #expect(card.holder == holder)
            await expectRefusal(.notFound) { _ = try await world.control.assignCard("ben", AssignCardRequest(holder: "nobody")) }
            await expectRefusal(.notFound) { _ = try await world.control.renameCard("anna", to: "x") }
        }
    }

    /// What waits on the card waits for a person.
    @Test func aBondThatAnotherProgramMadeAnewIsNamed() async throws {
        try await GatewayWorld.run { world in
            try await world.list(1, size: 1000)
            #expect(try await world.reader.cards().items.map(\.foreignBond) == [nil])
            #expect(try await !world.reader.why("anna/1").needsPerson)
            try await world.ledger.noteForeignBond(of: world.card.id)
            #expect(try await world.reader.cards().items.allSatisfy { $0.foreignBond != nil })
            let why = try await world.reader.why("anna/1")
            #expect(why.needsPerson && why.next.contains("earshot forget anna"), "\(why.next)")
        }
    }

    @Test func aTextWaitsForTheCard() async throws {
        try await GatewayWorld.run { world in
            let screen = try await world.control.showOnScreen("anna", ScreenRequest(text: "Hello", style: "alert", forSeconds: 900))
            #expect(screen.state == "waiting")
            #expect(world.radio.state.withLock { $0.screens } == [world.card.id])
            await expectRefusal(.badRequest) { _ = try await world.control.showOnScreen("anna", ScreenRequest(text: "x", style: "loud")) }
        }
    }

    @Test func anIdempotencyKeyMakesOneThing() async throws {
        try await GatewayWorld.run { world in
            func show(_ text: String, key: String) async throws -> ScreenMessage {
                try await world.control.send(
                    Routes.cardScreen, Routes.cardScreen.path("anna"), ScreenRequest(text: text), headers: [(APIHeader.idempotencyKey, key)])
            }
            let first = try await show("one", key: "k1")
            #expect(try await show("one", key: "k1") == first)
            #expect(try await show("one", key: "k2") != first)
            await expectRefusal(.keyReused) { _ = try await show("two", key: "k1") }
            #expect(try await world.ledger.screens(waitingFor: world.card.id).count == 2)
        }
    }

    @Test func noMicrophoneIsStartedUnlessTheConfigurationAllowsIt() async throws {
        try await GatewayWorld.run { world in
            world.radio.state.withLock { $0.result = .done(recording: 7) }
            for action in ["start", "memo", "stop", "mark"] {
                let request = RecordRequest(action: action)
                func record() async throws -> CardActionMessage {
                    try await world.control.send(Routes.cardRecord, Routes.cardRecord.path("anna"), request)
                }
                if ["start", "memo"].contains(action) {
                    await expectRefusal(.notAllowed) { _ = try await record() }
                } else {
                    let answer = try await record()
                    #expect(answer.recording == 7)
                }
            }
            #expect(world.radio.state.withLock { $0.actions } == [.record(.stop), .record(.mark)])
        }
    }

    @Test func aCardsAnswerIsPassedOn() async throws {
        try await GatewayWorld.run(remoteRecord: true) { world in
            func record(_ action: String) async throws -> CardActionMessage {
                try await world.control.send(Routes.cardRecord, Routes.cardRecord.path("anna"), RecordRequest(action: action))
            }
            world.radio.state.withLock { $0.result = .done(recording: 7) }
            let started = try await record("start")
            #expect(started.recording == 7)
            world.radio.state.withLock { $0.result = .refused(result: 7) }
            await expectRefusal(.cardRefused) { _ = try await record("stop") }
            world.radio.state.withLock { $0.result = nil }
            await expectRefusal(.cardOutOfReach) { _ = try await record("mark") }
            await expectRefusal(.badRequest) { _ = try await record("erase") }
            #expect(world.radio.state.withLock { $0.actions } == [.record(.start), .record(.stop), .record(.mark)])
        }
    }

    /// No microphone is started, and no shutdown held up, for somebody who has gone.
    @Test(arguments: [nil, "k1"]) func whatACardIsToDoEndsWithItsCaller(key: String?) async throws {
        try await GatewayWorld.run(remoteRecord: true) { world in
            world.radio.reach.change { $0.isFar = true }
            let calls = [(Routes.cardRecord, #"{"action":"start"}"#), (Routes.cardIdentify, "{}")]
            for (count, (route, body)) in calls.enumerated() {
                var head = ["POST \(route.path("anna")) HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
                if let key { head.append("Idempotency-Key: \(key)\(count)") }
                let request = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await RawHTTP.exchange(world.socket(.control), request) }
                    try await world.radio.reach.when { $0.begun == count + 1 ? () : nil }
                    // Hangs up.
                    group.cancelAll()
                    try await world.radio.reach.when { $0.givenUp == count + 1 ? () : nil }
                }
            }
        }
    }

    @Test func aPairingIsADialogue() async throws {
        try await GatewayWorld.run { world in
            world.radio.state.withLock {
                $0.events = [
                    .found(address: DeviceAddress(0xAABB_CCDD_EEFF, kind: .random), name: nil, rssi: -40), .question(.enterPasskey),
                    .paired(
                        card: world.card.id, serial: world.card.serial, method: .passkeyEntered,
                        admission: Admission(owner: .set, clockWasSet: true)),
                ]
            }
            let pairing = try await world.control.pair(PairRequest(name: "ben"))
            await expectRefusal(.conflict) { _ = try await world.control.pair(PairRequest(name: "eve")) }
            let states = Collected<String>()
            try await world.control.pairingEvents(pairing.id) { event in
                states.add(event.state.description)
                if event.question?.known == .enterPasskey {
                    try await world.control.answerPairing(pairing.id, PairingAnswerRequest(passkey: "012345"))
                }
                return true
            }
            #expect(states.all == ["found", "question", "paired"])
            #expect(world.radio.state.withLock { $0.answers } == [.passkey(12345)])
            for wrong in [
                PairingAnswerRequest(passkey: "1234"), .init(passkey: "+12345"), .init(answer: "maybe"), .init(passkey: "012345", answer: "yes"),
            ] {
                await expectRefusal(.badRequest) { try await world.control.answerPairing(pairing.id, wrong) }
            }
            try await world.control.answerPairing(pairing.id, PairingAnswerRequest(device: "AA:BB:CC:DD:EE:FF"))
            #expect(world.radio.state.withLock { $0.chosen } == ["AA:BB:CC:DD:EE:FF"])
            await expectRefusal(.badRequest) { _ = try await world.control.pair(PairRequest(name: "eve", device: "x", choose: true)) }
            await expectRefusal(.conflict) { _ = try await world.control.pair(PairRequest(name: "anna")) }
            try await world.control.cancelPairing(pairing.id)
            #expect(world.radio.state.withLock { $0.ended.count } == 1)
        }
    }
}
