import APIClient
import Foundation
import GATT
import GatewayAPI
import Recordings
import SoftwareCard

/// The moment when nothing is left to do.
struct Settled: Sendable {
    /// Ends a hang only: a lease whose answer was lost with the gateway lasts 30 s.
    private static let patience: Duration = .seconds(120)
    /// Between two looks at the queues, at first and at last: nothing in the feed tells of the last job's end. A job whose worker lost its
    /// gateway is tried again after 10 s, in which looks would take the processor from other lanes.
    private static let looks: (first: Duration, last: Duration) = (.milliseconds(20), .milliseconds(500))

    let lane: Lane
    let card: SoftwareCard

    /// - Parameter recordings: so many of the card's are released, and delivered with what was decoded.
    /// - Throws: `LaneFailure` when it does not come.
    func wait(recordings: Int) async throws {
        let isDone: Void? = try await withDeadline(Self.patience, clock: ContinuousClock()) {
            try await self.card.when { report -> Void? in
                let released = report.recordings.count { $0.state == .released }
                return released == recordings && report.lastAcknowledged == report.lastEvent && report.lastEvent > 0 ? () : nil
            }
            var look = Self.looks.first
            while try await !self.isAtRest(recordings) {
                try await ContinuousClock().sleep(for: look)
                look = min(look * 3 / 2, Self.looks.last)
            }
        }
        guard isDone != nil else {
            let report = await card.report()
            let held = report.recordings.map { "\($0.number) \($0.state)" }
            throw LaneFailure(
                description: "It does not come to an end: the card has \(held), event \(report.lastAcknowledged) of \(report.lastEvent) "
                    + "acknowledged. earshotd: \(lane.places.lastWords("earshotd"))")
        }
    }

    /// A gateway that is gone has done nothing yet.
    private func isAtRest(_ recordings: Int) async throws -> Bool {
        do {
            let status = try await lane.client.status()
            let isIdle = status.queues.allSatisfy { $0.ready + $0.leased + $0.held == 0 }
            let done = status.queues.reduce(0) { $0 + $1.done + $1.dead }
            // The card releases a recording before the gateway has heard its answer.
            return isIdle && done >= recordings * KillOracle.jobs.count
                && status.recordings.filter { $0.value > 0 }
                    == (recordings > 0 ? ["\(RecordingState.proven.rawValue)": recordings] : [:])
        } catch let error as APIError {
            guard error.isTransient else { throw error }
            return false
        }
    }
}
