internal import Bytes
internal import GatewayAPI
internal import Hummingbird
internal import Ledger
internal import Radio
internal import Recordings
internal import ServiceLifecycle

/// Work: lease, extend, done, failed.
struct QueueHandlers: Sendable {
    let backend: Backend

    var handlers: [Route: HandlerTable.Handler] {
        [
            Routes.queues: queues, Routes.lease: lease, Routes.jobs: jobs, Routes.job: job, Routes.extendJob: extend, Routes.finishJob: done,
            Routes.failJob: failed, Routes.retryJob: retry,
        ]
    }

    @Sendable private func queues(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(ListMessage(try await backend.ledger.queues().map(QueueMessage.init)))
    }

    /// A worker that hangs up while it waits gets no job.
    @Sendable private func lease(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let ledger = backend.ledger
        let queue = call.argument("queue")
        let type = call.field(.contentType)
        let name = call.caller.name
        let (jobs, seconds) = try await call.request.body.consumeWithCancellationOnInboundClose { body in
            let request: LeaseRequest = try await IncomingCall.json(from: body, type: type)
            let wait = min(max(request.wait ?? 0, 0), ServerLimits.wait)
            let seconds = min(max(request.forSeconds ?? 120, 5), 3600)
            let jobs = try await cancelWhenGracefulShutdown {
                try await ledger.claim(
                    queue, max: request.max ?? 1, for: .seconds(seconds), worker: ForeignText(request.worker ?? name, limit: 64),
                    waitingUpTo: .seconds(wait))
            }
            return (jobs, seconds)
        }
        guard !jobs.isEmpty else { return .nothing }
        return try .json(LeaseAnswer(jobs: try jobs.map { try LeasedJobMessage($0, seconds: seconds, gateway: ledger.identity.name) }))
    }

    @Sendable private func jobs(_ call: IncomingCall) async throws -> Response {
        try call.query.check("queue", "state", "holder", "limit", "cursor")
        let state = try call.query.string("state").map { name throws(Refusal) -> JobState in
            guard let state = JobState(rawValue: name) else {
                throw Refusal(.badRequest, "There is no such state.", fix: "Use \(JobState.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return state
        }
        let limit = try call.query.integer("limit", in: 1...500) ?? 100
        let holder = try await call.query.string("holder").asyncMap { try await backend.holder(named: $0).id }
        let page = try await backend.ledger.jobs(
            queue: call.query.string("queue"), state: state, holder: holder, limit: limit, after: call.query.string("cursor"))
        return try .json(ListMessage(try page.items.map { try JobMessage($0) }, next: page.next))
    }

    @Sendable private func job(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        return try .json(try JobMessage(try await backend.job(named: call.argument("job"))))
    }

    @Sendable private func extend(_ call: IncomingCall) async throws -> Response {
        let request: ExtendRequest = try await call.json()
        let seconds = min(max(request.forSeconds, 5), 3600)
        let job = try await backend.job(named: call.argument("job"))
        try await backend.ledger.extend(job.id, token: request.lease, for: .seconds(seconds))
        return try .json(ExtendAnswer(forSeconds: seconds))
    }

    @Sendable private func done(_ call: IncomingCall) async throws -> Response {
        let request: DoneRequest = try await call.json()
        let job = try await backend.job(named: call.argument("job"))
        let result = try JobResult(request)
        try Self.check(result, of: job, by: call.caller)
        let receipt = try await backend.ledger.finish(Completion(job: job.id, token: request.lease, result: result))
        var screen: ScreenMessage?
        if let id = receipt.screen {
            let info = try await backend.ledger.screen(id)
            screen = ScreenMessage(id: id.description, state: info.state.rawValue)
            await backend.radio.screenWaits(for: info.card)
        }
        return try .json(
            DoneAnswer(
                state: Term(.done), annotations: receipt.annotations.mapValues { AnnotationVersion(version: $0) }, screen: screen,
                jobs: receipt.jobs))
    }

    /// A token for a queue reaches the recordings of its jobs and no other: a lease on a job of its own making would open any.
    /// What is said to be delivered may be deleted from the card: only the queue of deliveries says so.
    private static func check(_ result: JobResult, of job: JobInfo, by caller: Caller) throws(Refusal) {
        let strange = result.jobs.contains { $0.recording != nil && $0.recording != job.recording }
        guard caller.scopes == nil || !strange else {
            throw Refusal(.notAllowed, "A further job of this one is about another recording.", fix: "Leave its `recording` out.")
        }
        guard result.delivery == nil || job.queue == Routing.deliveries else {
            throw Refusal(
                .notAllowed, "A job of the queue \(job.queue) delivers nothing.", fix: "Leave `delivery` out; \(Routing.deliveries) says it.")
        }
    }

    @Sendable private func failed(_ call: IncomingCall) async throws -> Response {
        let request: FailedRequest = try await call.json()
        let job = try await backend.job(named: call.argument("job"))
        let receipt = try await backend.ledger.fail(
            job.id, token: request.lease, reason: ForeignText(request.reason), retry: request.retry ?? true,
            after: request.afterSeconds.map { .seconds(min(max($0, 0), 86_400)) })
        return try .json(FailedAnswer(state: Term(receipt.state), waitsMilliseconds: receipt.waits.wholeMilliseconds))
    }

    @Sendable private func retry(_ call: IncomingCall) async throws -> Response {
        try call.query.check()
        let job = try await backend.job(named: call.argument("job"))
        return try .json(try JobMessage(try await backend.ledger.retry(job.id)))
    }
}

extension JobResult {
    init(_ request: DoneRequest) throws {
        self.init()
        for (name, value) in request.annotations ?? [:] { annotations[name] = JSONText(value) }
        screen = try request.screen.map { try ScreenText($0) }
        jobs = try (request.jobs ?? []).map { further in
            guard let priority = JobPriority(further.priority ?? "normal") else {
                throw Refusal(.badRequest, "There is no such priority.", fix: "Use low, normal or urgent.")
            }
            return FollowUp(queue: further.queue, recording: further.recording, priority: priority, data: further.data.map { JSONText($0) })
        }
        artifacts = (request.artifacts ?? [:]).mapValues { ArtifactClaim(sha256: $0.sha256, size: $0.size, type: ForeignText($0.type, limit: 128)) }
        delivery = request.delivery.map {
            DeliveryClaim(destination: $0.destination, object: ForeignText($0.object), sha256: $0.sha256, size: $0.size)
        }
        usage = request.usage.map { JSONText($0) }
    }
}

extension JSONText {
    init(_ value: JSONValue) { self.init(String(decoding: (try? APIJSON.encode(value)) ?? Array("null".utf8), as: UTF8.self)) }
}
