import Foundation
import Recordings
import SoftwareCard
import TestSupport

/// One gateway that is killed before a call, another that finishes its work, and what the oracle says of it.
struct KillTrial: Sendable {
    struct Outcome: Sendable {
        /// The call before which it was killed; nil when everything was done before it came to that.
        let call: DiskLog.Entry?
        let broken: [String]
    }

    let lane: Lane

    /// The calls of a life that nobody ends.
    func record() async throws -> [DiskLog.Entry] {
        try lane.places.reset()
        return try await lane.withCard(in: lane.places.card) { card in
            let shim = try lane.shim(killBefore: nil)
            _ = try await lane.withGateway(shim: shim) { _ in
                try await Settled(lane: lane, card: card).wait(recordings: KillOracle.recordings.count)
                let broken = try await KillOracle(lane: lane, card: card).atTheEnd()
                guard broken.isEmpty else { throw LaneFailure(description: "Without any kill: \(broken.joined(separator: " "))") }
            }
            return try DiskLog(lane.places.callLog).entries
        }
    }

    /// - Parameter call: counted from 1.
    func run(killBefore call: Int) async throws -> Outcome {
        try lane.places.reset()
        return try await lane.withCard(in: lane.places.card) { card in
            let oracle = KillOracle(lane: lane, card: card)
            let shim = try lane.shim(killBefore: call)
            let (isDone, status) = try await lane.withGateway(shim: shim) { lines in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        try await lines.untilEnded()
                        return false
                    }
                    group.addTask {
                        try await Settled(lane: lane, card: card).wait(recordings: KillOracle.recordings.count)
                        return true
                    }
                    defer { group.cancelAll() }
                    return try await group.next() ?? false
                }
            }
            let last = try DiskLog(lane.places.callLog).entries.last
            guard isDone || (last?.isKill ?? false) else {
                throw LaneFailure(description: "earshotd ended by itself: \(status). \(lane.places.lastWords("earshotd"))")
            }
            let afterTheKill = try await oracle.afterTheKill()
            // A card that has nothing to say is not met again, and with it an answer to RELEASE that was lost: its next press brings both.
            _ = try await card.press(.side, .press)
            let (atTheEnd, _) = try await lane.withGateway { _ in
                try await Settled(lane: lane, card: card).wait(recordings: KillOracle.recordings.count)
                return try await oracle.atTheEnd()
            }
            return Outcome(call: isDone ? nil : last, broken: afterTheKill + atTheEnd)
        }
    }
}
