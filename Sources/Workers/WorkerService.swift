package import APIClient
internal import Daemon
package import GatewayAPI
package import Logging
internal import Recordings
internal import ServiceLifecycle

/// A worker as a unit: leases jobs of one queue and works on them until it is asked to stop.
package struct WorkerService: Service {
    package typealias Work = @Sendable (GatewayClient, LeasedJobMessage) async throws -> LeaseLoop.Outcome

    /// A worker that dies leaves its jobs to others after this time.
    private static let leaseSeconds = 30
    /// How long a refused token is taken for one that is just being replaced.
    private static let tokenPatience = Duration.seconds(30)

    private let client: GatewayClient
    private let queue: String
    private let batch: Int
    private let logger: Logger
    private let work: Work

    /// - Parameters:
    ///   - batch: jobs worked on at the same time.
    ///   - work: cancelled when the lease is lost or the worker stops; what it throws fails the job, to be tried again.
    package init(_ place: WorkerPlace, queue: String, batch: Int, logger: Logger, work: @escaping Work) {
        client = place.client()
        self.queue = queue
        self.batch = batch
        self.logger = logger
        self.work = work
    }

    /// Returns when the worker was asked to stop.
    ///
    /// - Throws: `APIError` when waiting cannot help: the socket may not be opened, or the token stays refused.
    package func run() async throws {
        logger.info("worker started", metadata: ["queue": .string(queue), "socket": .string(client.socket)])
        do {
            try await cancelWhenGracefulShutdown { try await lease() }
        } catch is CancellationError {
            logger.info("worker stopped", metadata: ["queue": .string(queue)])
        }
    }

    private func lease() async throws {
        let clock = ContinuousClock()
        var refusedSince: ContinuousClock.Instant?
        while true {
            let began = clock.now
            let loop = LeaseLoop(
                client, queue: queue, worker: "\(queue)@\(ProcessIdentity.id)", batch: batch, leaseSeconds: Self.leaseSeconds,
                report: { report($0) })
            do {
                try await loop.run { try await work(client, $0) }
            } catch let error as APIError where [.tokenUnknown, .tokenMissing].contains(error.problem?.code.known) {
                // The gateway makes new tokens at each start; ours is read again with the next request.
                if let since = refusedSince, began < since.advanced(by: Self.tokenPatience) {
                    guard clock.now < since.advanced(by: Self.tokenPatience) else { throw error }
                } else {
                    refusedSince = began
                }
                logger.notice("token refused, reading it again", metadata: ["queue": .string(queue)])
                try await clock.sleep(for: .seconds(1))
            }
        }
    }

    private func report(_ report: LeaseLoop.Report) {
        switch report {
        case .waiting(let error, let pause):
            var metadata: Logger.Metadata = ["code": .string(error.code.rawValue), "pause": .string("\(pause)")]
            if error.problem == nil { metadata["detail"] = .string(error.description) }
            logger.notice("waiting for the gateway", metadata: metadata)
        case .leased(let job):
            logger.info("job leased", metadata: metadata(job))
        case .done(let job, _):
            logger.info("job done", metadata: metadata(job))
        case .failed(let job, let answer, _):
            // The reason may hold foreign text; the gateway keeps and shows it.
            logger.warning("job failed", metadata: metadata(job).merging(["state": .string(answer.state.description)]) { $1 })
        case .leaseLost(let job):
            logger.warning("lease lost", metadata: metadata(job))
        case .refused(let job, let error):
            logger.error("result refused", metadata: metadata(job).merging(["code": .string(error.problem?.code.description ?? "-")]) { $1 })
        }
    }

    private func metadata(_ job: LeasedJobMessage) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["job": .string(job.id.description), "queue": .string(job.queue), "attempt": .stringConvertible(job.attempt)]
        if let recording = job.recording { metadata["recording"] = .string(recording.id.description) }
        return metadata
    }
}
