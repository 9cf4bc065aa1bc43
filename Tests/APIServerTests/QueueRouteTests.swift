import APIClient
import APIServer
import GatewayAPI
import GatewayTestSupport
import Ledger
import Radio
import Recordings
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct QueueRouteTests {
    @Test func aJobComesWithAllItsWorkerNeeds() async throws {
        try await GatewayWorld.run { world in
            let recording = try await world.store(1, sample(1000))
            let job = try #require(try await world.control.lease("decode", LeaseRequest(forSeconds: 60, worker: "w\u{7}1")).first)
            #expect(job.attempt == 1)
            #expect(job.lease.forSeconds == 60)
            #expect(job.recording?.id == recording.id)
            #expect(job.recording?.audio == "/v1/recordings/\(recording.id)/audio")
            #expect(job.key.hasSuffix("/decode"))
            let listed: ListMessage<JobMessage> = try await world.reader.get("/v1/jobs?queue=decode&state=leased")
            #expect(listed.items.map(\.id) == [job.id])
            #expect(listed.items.first?.worker == "w\\u{7}1")
            let depth = try #require(try await world.reader.queues().items.first { $0.name == "decode" })
            #expect((depth.ready, depth.leased) == (0, 1))
        }
    }

    @Test func noTwoWorkersHoldOneJob() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...40)
            let taken = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for worker in 1...8 {
                    group.addTask {
                        var mine: [JobID] = []
                        while true {
                            let jobs = try await world.control.lease("hello", LeaseRequest(max: 1 + worker % 3, worker: "w\(worker)"))
                            if jobs.isEmpty { return mine }
                            for job in jobs {
                                mine.append(job.id)
                                _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token))
                            }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 40)
            #expect(Set(taken).count == 40)
        }
    }

    @Test func aWaitEndsWhenWorkComes() async throws {
        try await GatewayWorld.run { world in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let jobs = try await world.control.lease("hello", LeaseRequest(wait: 60))
                    #expect(jobs.first?.event?.type == "earshot.button.pressed")
                }
                while world.ledger.signals.waiting == 0 { await Task.yield() }
                try await world.press(1...1)
                try await group.waitForAll()
            }
            #expect(try await world.control.lease("hello", LeaseRequest(wait: 0)).isEmpty)
        }
    }

    @Test func whoHangsUpWhileWaitingGetsNoJob() async throws {
        try await GatewayWorld.run { world in
            let waiting = Task { try await world.control.lease("hello", LeaseRequest(wait: 60)) }
            while world.ledger.signals.waiting == 0 { await Task.yield() }
            waiting.cancel()
            _ = await waiting.result
            while world.ledger.signals.waiting != 0 { await Task.yield() }
            try await world.press(1...1)
            #expect(try await world.control.lease("hello", LeaseRequest()).first?.attempt == 1)
        }
    }

    @Test func doneIsOneStepAndMayBeSaidTwice() async throws {
        try await GatewayWorld.run { world in
            let recording = try await world.store(1, sample(1000))
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            let wav = sample(100_000)
            let sent = try await world.control.putArtifact(
                "audio.wav", of: job.id, lease: job.lease.token, size: 100_000, sha256: try digest(wav), type: "audio/wav"
            ) { writer in
                try await writer.write(Array(wav[..<60_000]))
                try await writer.write(Array(wav[60_000...]))
            }
            #expect(sent.size == 100_000)
            let request = DoneRequest(
                lease: job.lease.token, annotations: ["sound": .object(["level": .number(-20.5)])],
                screen: ScreenRequest(text: "Noted", forSeconds: 30), jobs: [FollowUpRequest(queue: "calendar", data: .integer(7))],
                artifacts: ["audio.wav": ArtifactClaimMessage(sha256: try digest(wav), size: 100_000, type: "audio/wav")])
            let answer = try await world.control.done(job.id, request)
            #expect(answer.annotations == ["sound": AnnotationVersion(version: 1)])
            #expect(answer.screen?.state == "waiting")
            #expect(answer.jobs.count == 1)
            #expect(try await world.control.done(job.id, request) == answer)
            #expect(world.radio.state.withLock { $0.screens } == [world.card.id, world.card.id])
            #expect(try await world.control.audio(of: "anna/1", format: "wav") { _, body in try await body.all(atMost: 1 << 20) } == wav)
            #expect(
                try await world.control.artifact("audio.wav", of: recording.id.description, from: 99_999) { _, body in
                    try await body.all(atMost: 10)
                } == [wav[99_999]])
            #expect(try await world.reader.annotation("sound", of: "anna/1").value == .object(["level": .number(-20.5)]))
            #expect(try await world.control.lease("calendar", LeaseRequest()).first?.data == .integer(7))
        }
    }

    @Test func aLeaseThatIsLostWritesNothing() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(10))
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            let wrong = DoneRequest(lease: "ls_other", annotations: ["x": .null])
            await expectRefusal(.leaseLost) { _ = try await world.control.done(job.id, wrong) }
            await expectRefusal(.leaseLost) { _ = try await world.control.extend(job.id, ExtendRequest(lease: "ls_other", forSeconds: 60)) }
            await expectRefusal(.leaseLost) { _ = try await world.control.failed(job.id, FailedRequest(lease: "ls_other", reason: "x")) }
            await expectRefusal(.notFound) { _ = try await world.reader.annotation("x", of: "anna/1") }
            #expect(try await world.control.extend(job.id, ExtendRequest(lease: job.lease.token, forSeconds: 60)).forSeconds == 60)
        }
    }

    @Test func anArtifactThatIsNotWhatWasAnnouncedIsRefused() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(10))
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            let bytes = sample(1000)
            await expectRefusal(.digestDiffers) {
                _ = try await world.control.putArtifact(
                    "a.wav", of: job.id, lease: job.lease.token, size: 1000, sha256: try digest(sample(5)), type: "audio/wav"
                ) { try await $0.write(bytes) }
            }
            await expectRefusal(.leaseLost) {
                _ = try await world.control.putArtifact(
                    "a.wav", of: job.id, lease: "ls_other", size: 1000, sha256: try digest(bytes), type: "audio/wav"
                ) { try await $0.write(bytes) }
            }
            await expectRefusal(.leaseLost) {
                // Before anything is taken in: a wrong digest would be found at the end only.
                _ = try await world.control.putArtifact(
                    "a.wav", of: job.id, lease: "ls_other", size: 1000, sha256: try digest(sample(5)), type: "audio/wav"
                ) { try await $0.write(bytes) }
            }
            await expectRefusal(.badRequest) {
                _ = try await world.control.putArtifact(
                    "..x", of: job.id, lease: job.lease.token, size: 1000, sha256: try digest(bytes), type: "audio/wav"
                ) { try await $0.write(bytes) }
            }
            let claim = ArtifactClaimMessage(sha256: try digest(bytes), size: 1000, type: "audio/wav")
            await expectRefusal(.digestDiffers) {
                _ = try await world.control.done(job.id, DoneRequest(lease: job.lease.token, artifacts: ["a.wav": claim]))
            }
        }
    }

    @Test func aDeadJobIsTriedAgainByHand() async throws {
        try await GatewayWorld.run { world in
            try await world.store(1, sample(10))
            let job = try #require(try await world.control.lease("decode", LeaseRequest()).first)
            _ = try await world.control.failed(job.id, FailedRequest(lease: job.lease.token, reason: "model", retry: false))
            let why = try await world.reader.why("anna/1")
            #expect(why.needsPerson)
            #expect(why.next.contains("earshot queue retry \(job.id)"))
            #expect(try await world.control.retry(job.id.description).state.known == .ready)
            #expect(try await world.control.lease("decode", LeaseRequest()).first?.id == job.id)
        }
    }

    @Test func aMisspeltFieldDoesNothing() async throws {
        try await GatewayWorld.run { world in
            try await world.press(1...1)
            let body = Array(#"{"max":1,"waiting":5}"#.utf8)
            let answer = try await RawHTTP.ask(
                world.socket(.control),
                "POST /v1/queues/hello/lease HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n", body: body)
            #expect(answer.status == 400)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("waiting"))
            #expect(try await world.reader.queues().items.first { $0.name == "hello" }?.ready == 1)
        }
    }
}
