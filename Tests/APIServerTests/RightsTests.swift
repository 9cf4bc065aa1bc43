import APIClient
import APIServer
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Testing

/// Every route of the table against every door and kind of token: the door and the token decide before anything is looked up.
@Suite(.timeLimit(.minutes(10))) struct RightsTests {
    /// A path of the route that leads to nothing.
    static func path(_ route: Route) -> String {
        route.template.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "x1" : String($0) }.joined(separator: "/")
    }

    /// The code of the refusal; nil when the route let it through to its handler or answered.
    static func code(_ client: GatewayClient, _ route: Route) async throws -> ProblemCode? {
        do {
            // Streams do not end by themselves: asking for one with a query it does not know is enough to see who is let in.
            let path = path(route) + (route == Routes.activity || route == Routes.events ? "?nonsense=1" : "")
            _ = try await client.raw(route, path)
            return nil
        } catch let error as APIError {
            return try #require(error.problem?.code.known, "\(route): \(error)")
        }
    }

    static let rightsCodes: Set<ProblemCode> = [.tokenMissing, .tokenUnknown, .notAllowed, .readOnly]

    @Test func theControlDoorLetsEverythingIn() async throws {
        try await GatewayWorld.run { world in
            for route in Routes.all {
                let code = try await Self.code(world.control, route)
                #expect(code.map { !Self.rightsCodes.contains($0) } ?? true, "\(route): \(String(describing: code))")
            }
        }
    }

    @Test func theReadDoorOnlyLooks() async throws {
        try await GatewayWorld.run { world in
            for route in Routes.all {
                let looks = [.open, .needs(.read), .needsOrLease(.read)].contains(route.right)
                let code = try await Self.code(world.reader, route)
                #expect((code == .readOnly) == !looks, "\(route): \(String(describing: code))")
                if route.method != .get { #expect(code == .readOnly, "\(route) changes things") }
            }
        }
    }

    @Test func theAgentsDoorServesNothingWithoutAToken() async throws {
        try await GatewayWorld.run { world in
            for route in Routes.all {
                let without = try await Self.code(world.agent(nil), route)
                #expect(without == .tokenMissing, "\(route)")
                for wrong in ["es_wrong-token!", "es_decode-tokem", "es"] {
                    let code = try await Self.code(world.agent(wrong), route)
                    #expect(code == .tokenUnknown, "\(route)")
                }
            }
        }
    }

    @Test func aTokenOpensItsScopesAndNoOther() async throws {
        try await GatewayWorld.run { world in
            for route in Routes.all {
                let code = try await Self.code(world.agent(GatewayWorld.readerSecret), route)
                let opens: Bool =
                    switch route.right {
                    case .open: true
                    case .needs(let scope), .needsOrLease(let scope): [.read, .events].contains(scope)
                    case .queueInPath, .queueOfJob, .annotationInPath: false
                    }
                #expect((code == .notAllowed) == !opens, "\(route): \(String(describing: code))")
            }
        }
    }

    @Test func aWorkersTokenIsForItsQueueAlone() async throws {
        try await GatewayWorld.run { world in
            let worker = world.agent(GatewayWorld.decodeSecret)
            #expect(try await worker.lease("decode", LeaseRequest()).isEmpty)
            await expectRefusal(.notAllowed) { _ = try await worker.lease("upload", LeaseRequest()) }
            await expectRefusal(.notAllowed) { _ = try await worker.status() }
            let recording = try await world.store(1, sample(1000))
            let upload = try #require(try await world.control.lease("upload", LeaseRequest()).first)
            await expectRefusal(.notAllowed) {
                _ = try await worker.extend(upload.id, ExtendRequest(lease: upload.lease.token, forSeconds: 60))
            }
            // Audio, only while it has a lease on a job of that recording.
            await expectRefusal(.notAllowed) { _ = try await worker.audio(of: recording.id.description) { _, _ in true } }
            let decode = try #require(try await worker.lease("decode", LeaseRequest()).first)
            #expect(try await worker.audio(of: recording.id.description) { _, body in try await body.all(atMost: 5000).count } == 1000)
            _ = try await worker.done(decode.id, DoneRequest(lease: decode.lease.token))
            await expectRefusal(.notAllowed) { _ = try await worker.audio(of: recording.id.description) { _, _ in true } }
        }
    }

    @Test func aWorkersTokenLearnsNothingOfOtherRecordings() async throws {
        try await GatewayWorld.run { world in
            let worker = world.agent(GatewayWorld.decodeSecret)
            for number in 1...2 { try await world.store(UInt32(number), sample(10)) }
            var said: Set<Problem> = []
            // One that is there, one that is not, a beginning that several have, and nonsense.
            for name in ["anna/1", "anna/9", "rec_", "?"] {
                let problem = await expectRefusal(.notAllowed) { _ = try await worker.audio(of: name) { _, _ in true } }
                said.insert(try #require(problem))
            }
            #expect(said.count == 1)
        }
    }

    @Test func aWorkersResultStaysWithItsRecording() async throws {
        try await GatewayWorld.run { world in
            let worker = world.agent(GatewayWorld.decodeSecret)
            let bytes = sample(10)
            let mine = try await world.store(1, bytes)
            let other = try await world.store(2, bytes)
            let job = try #require(try await worker.lease("decode", LeaseRequest()).first)
            #expect(job.recording?.id == mine.id)
            func done(_ jobs: [FollowUpRequest] = [], delivery: DeliveryClaimMessage? = nil) -> DoneRequest {
                DoneRequest(lease: job.lease.token, jobs: jobs, delivery: delivery)
            }
            // A job of another recording would let it read that one.
            await expectRefusal(.notAllowed) { _ = try await worker.done(job.id, done([FollowUpRequest(queue: "decode", recording: other.id)])) }
            let claim = DeliveryClaimMessage(destination: "archive", object: "anna/1.opus", sha256: try digest(bytes), size: 10)
            for client in [worker, world.control] {
                await expectRefusal(.notAllowed) { _ = try await client.done(job.id, done(delivery: claim)) }
            }
            #expect(try await world.reader.deliveries().items.isEmpty)
            #expect(try await worker.done(job.id, done([FollowUpRequest(queue: "later", recording: mine.id)])).jobs.count == 1)
        }
    }

    @Test func anAnnotationNeedsTheScopeOfItsName() async throws {
        try await GatewayWorld.run { world in
            let recording = try await world.store(1, sample(10))
            let agent = world.agent(GatewayWorld.readerSecret)
            let path = Routes.putAnnotation.path(recording.id.description, "risk")
            #expect(try await agent.raw(Routes.putAnnotation, path, LeaseRequest(max: 3)).status == 201)
            #expect(try await world.control.annotation("risk", of: "anna/1").by == "agent:reader")
            await expectRefusal(.notAllowed) {
                _ = try await agent.raw(Routes.putAnnotation, Routes.putAnnotation.path(recording.id.description, "tasks"), LeaseRequest())
            }
        }
    }
}
