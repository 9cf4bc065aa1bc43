package import GatewayAPI

/// A worker's life: lease, work while the lease is kept up, say what became of it; for ever, through restarts of the gateway.
package struct LeaseLoop: Sendable {
    /// Said once for each job, with the job's own lease in it.
    package enum Outcome: Sendable {
        case done(DoneRequest)
        case failed(FailedRequest)
    }

    /// What a worker logs or shows.
    package enum Report: Sendable {
        /// The gateway cannot be reached or is busy; tried again after the given time.
        case waiting(APIError, Duration)
        case leased(LeasedJobMessage)
        case done(LeasedJobMessage, DoneAnswer)
        case failed(LeasedJobMessage, FailedAnswer, reason: String)
        /// Another worker has the job now, or nothing of it counts any more: what was made is thrown away.
        case leaseLost(LeasedJobMessage)
        /// The gateway did not accept the result; the job was failed with that reason.
        case refused(LeasedJobMessage, APIError)
    }

    private let client: GatewayClient
    private let queue: String
    private let worker: String
    private let batch: Int
    private let leaseSeconds: Int
    private let waitSeconds: Int
    private let report: @Sendable (Report) -> Void

    /// - Parameters:
    ///   - batch: jobs leased together and worked on at the same time, 1 to 64.
    ///   - leaseSeconds: how long a lease lasts without being extended; it is extended each third of that.
    ///   - waitSeconds: how long one request waits for work.
    package init(
        _ client: GatewayClient, queue: String, worker: String, batch: Int = 1, leaseSeconds: Int = 120, waitSeconds: Int = 30,
        report: @escaping @Sendable (Report) -> Void
    ) {
        self.client = client
        self.queue = queue
        self.worker = worker
        self.batch = min(max(batch, 1), 64)
        self.leaseSeconds = min(max(leaseSeconds, 5), 3600)
        self.waitSeconds = min(max(waitSeconds, 0), 60)
        self.report = report
    }

    /// Ends only by cancellation; a job under way is then given up and leased again by someone when its lease has run out.
    ///
    /// - Parameter work: cancelled when the lease is lost. What it throws fails the job with that text, to be tried again.
    /// - Throws: `CancellationError`, or `APIError` when waiting cannot help (no access, token refused).
    package func run(_ work: @escaping @Sendable (LeasedJobMessage) async throws -> Outcome) async throws {
        let request = LeaseRequest(max: batch, wait: waitSeconds, forSeconds: leaseSeconds, worker: worker)
        var backOff = BackOff()
        while true {
            try Task.checkCancellation()
            let jobs: [LeasedJobMessage]
            do {
                jobs = try await client.lease(queue, request)
                backOff = BackOff()
            } catch let error as APIError where error.isTransient {
                let pause = backOff.next()
                report(.waiting(error, pause))
                try await ContinuousClock().sleep(for: pause)
                continue
            }
            await withTaskGroup(of: Void.self) { group in
                for job in jobs { group.addTask { await perform(job, work) } }
            }
        }
    }

    private func perform(_ job: LeasedJobMessage, _ work: @escaping @Sendable (LeasedJobMessage) async throws -> Outcome) async {
        report(.leased(job))
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await keepUp(job) }
            group.addTask {
                do {
                    try await say(try await work(job), of: job)
                } catch is CancellationError {
                } catch let error as APIError where error.problem?.code.known == .leaseLost {
                    report(.leaseLost(job))
                } catch {
                    try? await say(.failed(FailedRequest(lease: job.lease.token, reason: String(describing: error))), of: job)
                }
                return false
            }
            let isLost = await group.next() ?? false
            group.cancelAll()
            if isLost { report(.leaseLost(job)) }
        }
    }

    /// Extends the lease until it is lost (true) or the task is cancelled (false).
    private func keepUp(_ job: LeasedJobMessage) async -> Bool {
        let clock = ContinuousClock()
        var end = clock.now.advanced(by: .seconds(leaseSeconds))
        var pause = Duration.seconds(leaseSeconds) / 3
        while (try? await clock.sleep(for: pause)) != nil {
            let asked = clock.now
            do {
                _ = try await client.extend(job.id, ExtendRequest(lease: job.lease.token, forSeconds: leaseSeconds))
                end = asked.advanced(by: .seconds(leaseSeconds))
                pause = .seconds(leaseSeconds) / 3
            } catch let error as APIError where error.isTransient {
                guard clock.now < end else { return true }
                pause = .milliseconds(500)
            } catch {
                return !(error is CancellationError)
            }
        }
        return false
    }

    private func say(_ outcome: Outcome, of job: LeasedJobMessage) async throws {
        switch outcome {
        case .done(let request):
            do {
                report(.done(job, try await persist { try await client.done(job.id, request) }))
            } catch let error as APIError where error.code == .refused && error.problem?.code.known != .leaseLost {
                report(.refused(job, error))
                try await say(.failed(FailedRequest(lease: job.lease.token, reason: "The result was refused: " + error.detail)), of: job)
            }
        case .failed(let request):
            report(.failed(job, try await persist { try await client.failed(job.id, request) }, reason: request.reason))
        }
    }

    /// Repeats a request that may be repeated until it is answered; `keepUp` cancels it when the lease is over.
    private func persist<Answer: Sendable>(_ request: () async throws -> Answer) async throws -> Answer {
        var backOff = BackOff()
        while true {
            do {
                return try await request()
            } catch let error as APIError where error.isTransient {
                let pause = backOff.next()
                report(.waiting(error, pause))
                try await ContinuousClock().sleep(for: pause)
            }
        }
    }
}

/// 0.2 s, doubled up to 5 s: a gateway that restarts is back within a second or two.
private struct BackOff {
    private var pause = Duration.milliseconds(200)

    mutating func next() -> Duration {
        defer { pause = min(pause * 2, .seconds(5)) }
        return pause
    }
}
