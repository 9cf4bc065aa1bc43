import APIClient
import APIServer
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Testing

@Suite(.timeLimit(.minutes(10))) struct RecordingRouteTests {
    @Test func aRecordingIsFoundByEachOfItsNames() async throws {
        try await GatewayWorld.run { world in
            let stored = try await world.store(214, sample(3000))
            let id = stored.id.description
            for name in [id, String(id.dropLast(4)), "anna/214", stored.key] {
                let recording = try await world.reader.recording(name)
                #expect(recording.ref == "anna/214")
                #expect(recording.sha256 == stored.sha256)
                #expect(recording.state.known == .proven)
                #expect(recording.clock.known == .set)
            }
            await expectRefusal(.notFound) { _ = try await world.reader.recording("anna/215") }
            await expectRefusal(.notFound) { _ = try await world.reader.recording("rec_ZZZ") }
        }
    }

    @Test func listsGoOnWhereTheyEnded() async throws {
        try await GatewayWorld.run { world in
            for number in 1...5 { try await world.store(UInt32(number), sample(100 + number)) }
            var cursor: String?
            var seen: [String] = []
            repeat {
                let page = try await world.reader.recordings(card: "anna", limit: 2, cursor: cursor)
                #expect(page.items.count <= 2)
                seen += page.items.map(\.ref)
                cursor = page.next
            } while cursor != nil
            #expect(seen == (1...5).map { "anna/\($0)" })
            #expect(try await world.reader.recordings(kind: "memo").items.count == 5)
            #expect(try await world.reader.recordings(kind: "call").items.isEmpty)
            #expect(try await world.reader.recordings(state: "listed").items.isEmpty)
            await expectRefusal(.badRequest) { _ = try await world.reader.recordings(state: "somewhere") }
        }
    }

    @Test func aQueryItemThatIsNotKnownIsRefused() async throws {
        try await GatewayWorld.run { world in
            let problem = await expectRefusal(.unknownField) {
                let _: ListMessage<RecordingMessage> = try await world.reader.get("/v1/recordings?sinse=2026-01-01T00:00:00Z")
            }
            #expect(problem?.detail == "There is no query item sinse here.")
            await expectRefusal(.badRequest) {
                let _: ListMessage<RecordingMessage> = try await world.reader.get("/v1/recordings?since=yesterday")
            }
        }
    }

    @Test func audioIsTheFileByteForByte() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(700_001)
            try await world.store(1, bytes)
            let got = try await world.control.audio(of: "anna/1") { facts, body in
                #expect(facts.length == 700_001)
                #expect(facts.sha256 == (try digest(bytes)))
                return try await body.all(atMost: 1 << 20)
            }
            #expect(got == bytes)
            let rest = try await world.control.audio(of: "anna/1", from: 699_990) { _, body in try await body.all(atMost: 100) }
            #expect(rest == Array(bytes[699_990...]))
        }
    }

    /// Field, status, first byte and count.
    @Test(arguments: [
        ("bytes=0-0", 206, 0, 1), ("bytes=5-9", 206, 5, 5), ("bytes=990-", 206, 990, 10), ("bytes=990-5000", 206, 990, 10),
        ("bytes=-10", 206, 990, 10), ("bytes=-5000", 206, 0, 1000), ("bytes=0-18446744073709551615", 206, 0, 1000), ("bytes=1000-", 416, 0, 0),
        ("bytes=18446744073709551616-", 416, 0, 0), ("bytes=-0", 416, 0, 0), ("bytes=9-5", 200, 0, 1000), ("bytes=a-b", 200, 0, 1000),
        ("bytes=0-1,4-5", 200, 0, 1000), ("lines=0-1", 200, 0, 1000), ("bytes=", 200, 0, 1000), ("bytes=--1", 200, 0, 1000),
    ])
    func rangesAreAnswered(field: String, status: Int, first: Int, count: Int) async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(1000)
            try await world.store(1, bytes)
            let answer = try await RawHTTP.ask(world.socket(.control), "GET /v1/recordings/anna%2F1/audio HTTP/1.1\r\nHost: x\r\nRange: \(field)\r\n")
            #expect(answer.status == status)
            switch status {
            case 206:
                #expect(answer.body == Array(bytes[first..<first + count]))
                #expect(answer.headers["content-range"] == "bytes \(first)-\(first + count - 1)/1000")
            case 416: #expect(answer.headers["content-range"] == "bytes */1000")
            default: #expect(answer.body == bytes)
            }
        }
    }

    @Test func aRangeOfAnotherFileIsNotGluedOn() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(1000)
            try await world.store(1, bytes)
            let path = "GET /v1/recordings/anna%2F1/audio HTTP/1.1\r\nHost: x\r\nRange: bytes=10-\r\n"
            let tag = "\"\(try digest(bytes))\""
            #expect(try await RawHTTP.ask(world.socket(.control), path + "If-Range: \(tag)\r\n").status == 206)
            #expect(try await RawHTTP.ask(world.socket(.control), path + "If-Range: \"other\"\r\n").status == 200)
            let unchanged = try await RawHTTP.ask(
                world.socket(.control), "GET /v1/recordings/anna%2F1/audio HTTP/1.1\r\nHost: x\r\nIf-None-Match: \(tag)\r\n")
            #expect(unchanged.status == 304)
            #expect(unchanged.body.isEmpty)
        }
    }

    @Test func audioThatIsNotDecodedYetIsPromised() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            #expect(try await world.control.audio(of: "anna/1", format: "wav") { _, _ in true } == nil)
            await expectRefusal(.badRequest) { _ = try await world.control.audio(of: "anna/1", format: "mp3") { _, _ in true } }
            let worker = world.agent(GatewayWorld.decodeSecret)
            let job = try #require(try await worker.lease("decode", LeaseRequest()).first)
            let failed = try await worker.failed(job.id, FailedRequest(lease: job.lease.token, reason: "no \u{1B}Opus", retry: false))
            #expect(failed.state.known == .dead)
            let problem = await expectRefusal(.notHere) { _ = try await world.control.audio(of: "anna/1", format: "wav") { _, _ in true } }
            #expect(problem?.detail.contains("no \\u{1b}Opus") == true, "what a worker says is escaped: \(problem?.detail ?? "")")
        }
    }

    @Test func whyTellsStateNextAndEachStep() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(1000))
            let why = try await world.reader.why("anna/1")
            #expect(why.ref == "anna/1")
            #expect(why.state.known == .proven)
            #expect(why.next == "It waits for or is with the workers of: decode, upload.")
            #expect(!why.needsPerson)
            #expect(why.steps.map(\.at) == why.steps.map(\.at).sorted())
            #expect(why.steps.contains { $0.what == "stored" })
            #expect(Set(why.jobs.map(\.queue)) == ["decode", "upload"])
            await expectRefusal(.notFound) { _ = try await world.reader.why("ben/1") }
        }
    }

    @Test func auditCountsWhatIsHeldAndDelivered() async throws {
        try await GatewayWorld.run { world in
            let bytes = sample(1000)
            try await world.store(1, bytes)
            let before = try await world.reader.audit()
            #expect(before.cards.map(\.held) == [1])
            #expect(before.cards.map(\.delivered) == [0])
            #expect(before.unexplained == 0)
            let job = try #require(try await world.control.lease("upload", LeaseRequest()).first)
            let delivery = DeliveryClaimMessage(destination: "archive", object: "anna/x.opus", sha256: try digest(bytes), size: 1000)
            _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token, delivery: delivery))
            #expect(try await world.reader.audit().cards.map(\.delivered) == [1])
            let deliveries = try await world.reader.deliveries()
            #expect(deliveries.items.map(\.object) == ["anna/x.opus"])
        }
    }
}
