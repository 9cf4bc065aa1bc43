import Foundation
import SoftwareCard
import Synchronization
import TestSupport

/// One power cut of a recorded life: the disk that it leaves, the next life on it, and what the oracle says of that.
struct PowerCutTrial: Sendable {
    let story: Story
    /// So many of a hundred next lives are cut off, too, at any of their calls: recovery may itself be interrupted.
    var twice = 10

    /// - Parameters:
    ///   - calls: made before the cut.
    ///   - model: the disk after those.
    /// - Returns: the rules that were broken.
    func run(_ calls: Int, draw: UInt64, _ model: DiskModel) -> [String] {
        var draws = Draws(story.seed << 40 ^ draw << 16 ^ UInt64(calls))
        let moment = story.life.chronicle.moment(after: UInt64(calls), disk: PowerCut.state(of: model, &draws))
        do {
            guard draws.chance(twice) else { return try live(on: moment, seed: draw) }
            let next = try RecordedLife.record(moment, seed: draw, calamity: nil, settled: { _ in })
            let second = draws.next(next.entries.count + 1)
            var disk = DiskModel(moment.disk)
            for entry in next.entries.prefix(second) { try disk.perform(entry) }
            return try live(on: next.chronicle.moment(after: UInt64(second), disk: PowerCut.state(of: disk, &draws)), seed: draw ^ 1)
        } catch {
            return ["The next life did not come to an end: \(error)"]
        }
    }

    private func live(on moment: Moment, seed: UInt64) throws -> [String] {
        let folder = try Scratch()
        try moment.disk.write(to: folder.url)
        let oracle = Oracle(truth: story.truth, root: folder.url)
        let broken = Mutex<[String]>([])
        let chronicle = Chronicle(moment)
        do {
            try GatewayLife.run(moment, at: folder.url, chronicle: chronicle, seed: seed) { life in
                let found = try await oracle.afterRecovery(life, moment)
                broken.withLock { $0 += found }
            } settled: { life in
                let found = try await oracle.atTheEnd(life)
                broken.withLock { $0 += found }
            }
        } catch {
            broken.withLock { $0.append("It did not come to an end: \(error)") }
        }
        return broken.withLock { $0 }
    }
}
