import APIClient
import GatewayAPI
import GatewayTestSupport
import Ledger
import Recordings
import Testing

@Suite(.timeLimit(.minutes(10))) struct LeaseLoopTests {
    struct Refused: Error, CustomStringConvertible {
        let description = "the model is not there"
    }

    /// Runs a worker until `isEnough` says so of what it reported.
    static func work(
        _ world: GatewayWorld, batch: Int = 1, until isEnough: @escaping @Sendable (LeaseLoop.Report) -> Bool,
        _ work: @escaping @Sendable (LeasedJobMessage) async throws -> LeaseLoop.Outcome
    ) async throws {
        let (reports, feed) = AsyncStream.makeStream(of: LeaseLoop.Report.self)
        let loop = LeaseLoop(world.control, queue: "hello", worker: "test", batch: batch, waitSeconds: 5) { feed.yield($0) }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await loop.run(work) }
            for await report in reports where isEnough(report) { break }
            group.cancelAll()
        }
    }

    @Test func everyJobIsDoneOnce() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...10)
            let numbers = Collected<JSONValue?>()
            let done = Collected<JobID>()
            try await Self.work(
                world, batch: 4,
                until: { report in
                    if case .done(let job, _) = report { return done.add(job.id) == 10 }
                    return false
                }
            ) { job in
                numbers.add(job.event?.data["number"])
                return .done(DoneRequest(lease: job.lease.token))
            }
            #expect(Set(numbers.all) == Set((1...10).map { .integer($0) }))
            #expect(numbers.all.count == 10)
            let queue = try await world.reader.queues().items.first { $0.name == "hello" }
            #expect(queue?.done == 10)
        }
    }

    @Test func whatTheWorkThrowsIsTheReason() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...1)
            try await Self.work(world, until: { if case .failed = $0 { true } else { false } }) { _ in throw Refused() }
            let jobs: ListMessage<JobMessage> = try await world.reader.get("/v1/jobs?queue=hello")
            #expect(jobs.items.first?.reason == "the model is not there")
            #expect(jobs.items.first?.state.known == .ready)
        }
    }

    @Test func aResultThatIsRefusedFailsTheJob() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...1)
            let claim = ArtifactClaimMessage(sha256: try digest([1]), size: 1, type: "audio/wav")
            try await Self.work(world, until: { if case .failed = $0 { true } else { false } }) { job in
                .done(DoneRequest(lease: job.lease.token, artifacts: ["never.wav": claim]))
            }
            let jobs: ListMessage<JobMessage> = try await world.reader.get("/v1/jobs?queue=hello")
            #expect(jobs.items.first?.reason?.hasPrefix("The result was refused") == true)
        }
    }

    @Test func aLostLeaseIsReported() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...1)
            try await Self.work(world, until: { if case .leaseLost = $0 { true } else { false } }) { _ in
                .done(DoneRequest(lease: "ls_of-somebody-else"))
            }
            let queue = try await world.reader.queues().items.first { $0.name == "hello" }
            #expect(queue?.done == 0)
        }
    }

    @Test func aGatewayThatIsAwayIsWaitedFor() async throws {
        let waits = Collected<Duration>()
        let (reports, feed) = AsyncStream.makeStream(of: Void.self)
        let loop = LeaseLoop(GatewayClient(socket: "/nowhere/api.sock"), queue: "hello", worker: "test") { report in
            if case .waiting(_, let pause) = report, waits.add(pause) == 2 { feed.yield() }
        }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) { try await loop.run { .done(DoneRequest(lease: $0.lease.token)) } }
            }
            for await _ in reports { break }
            group.cancelAll()
        }
        #expect(waits.all.prefix(2) == [.milliseconds(200), .milliseconds(400)])
    }

    @Test func aTokenThatIsRefusedEndsTheLoop() async throws {
        try await GatewayWorld.run { world in
            let loop = LeaseLoop(world.agent("es_wrong"), queue: "hello", worker: "test") { _ in }
            await expectRefusal(.tokenUnknown) { try await loop.run { .done(DoneRequest(lease: $0.lease.token)) } }
        }
    }
}
