import Foundation
import SoftwareCard
import Synchronization
import TestSupport
import Testing

/// The disk as a power cut could leave it, before every call of a gateway's life: the gateway starts on it, keeps what it had promised, and ends
/// with everything here once.
///
/// EARSHOT_CUTS says how many disks, EARSHOT_SEED draws others, EARSHOT_CUT=CALLS/DRAW makes one of them again (docs/custody.md).
@Suite struct PowerCutTests {
    /// Lived once by each process of tests; the seed makes it the same life each time.
    static let story = Result { try Story.live(seed: environment["EARSHOT_SEED"].flatMap(UInt64.init) ?? 1) }

    private static let shards = 64
    private static let environment = ProcessInfo.processInfo.environment
    private static let cuts = environment["EARSHOT_CUTS"].flatMap(Int.init) ?? 500

    @Test(arguments: 0..<shards)
    func everyDiskEndsWithEverythingOnce(shard: Int) async throws {
        let story = try Self.story.get()
        if shard == 0 { print("Power cuts: \(Self.cuts) disks, before each of \(story.life.entries.count) calls and behind the last.") }
        var (made, model) = (0, DiskModel(story.life.start.disk))
        for cut in stride(from: shard, to: Self.cuts, by: Self.shards) {
            let calls = story.calls(before: cut, of: Self.cuts)
            for entry in story.life.entries[made..<calls] { try model.perform(entry) }
            made = calls
            let broken = PowerCutTrial(story: story).run(calls, draw: UInt64(cut), model)
            #expect(broken.isEmpty, "\(Self.failure(story, calls, broken)) again: \(Self.again(story, calls, cut))")
        }
    }

    @Test(.enabled(if: environment["EARSHOT_CUT"] != nil, "EARSHOT_CUT names no disk"))
    func oneDiskAgain() async throws {
        let named = Self.environment["EARSHOT_CUT"]?.split(separator: "/").compactMap { Int($0) } ?? []
        try #require(named.count == 2, "EARSHOT_CUT=CALLS/DRAW")
        let story = try Self.story.get()
        var model = DiskModel(story.life.start.disk)
        for entry in story.life.entries.prefix(named[0]) { try model.perform(entry) }
        let broken = PowerCutTrial(story: story).run(named[0], draw: UInt64(named[1]), model)
        #expect(broken.isEmpty, "\(Self.failure(story, named[0], broken))")
    }

    private static func failure(_ story: Story, _ calls: Int, _ broken: [String]) -> String {
        "before \(story.name(of: calls)): \(broken.joined(separator: " "))"
    }

    /// The command that makes this disk once more.
    private static func again(_ story: Story, _ calls: Int, _ draw: Int) -> String {
        "EARSHOT_SEED=\(story.seed) EARSHOT_CUT=\(calls)/\(draw) Scripts/crash-points"
    }

    enum Lie: String, CaseIterable, CustomTestStringConvertible {
        case everything, database, part, sidecar, folder

        var testDescription: String { rawValue }

        /// Whether the disk only says that it has done this.
        func covers(_ entry: DiskLog.Entry) -> Bool {
            guard entry.call == .synchronize || entry.call == .synchronizeData else { return false }
            switch self {
            case .everything: return true
            case .database: return entry.path.hasPrefix("ledger.sqlite")
            case .part: return entry.path.hasSuffix(".part")
            case .sidecar: return entry.path.hasSuffix(".json.new")
            case .folder: return entry.path == "recordings"
            }
        }
    }

    /// A disk that answers before it has done it loses something, and that is seen: so the promise stands on each of these calls, and the trials
    /// would notice one that is left out.
    ///
    /// Behind the last call the most was promised, so the cuts there come first.
    @Test(arguments: Lie.allCases)
    func aDiskThatLiesIsCaught(lie: Lie) async throws {
        let story = try Self.story.get()
        let entries = story.life.entries
        #expect(entries.contains(where: lie.covers))
        for calls in stride(from: entries.count, to: 0, by: -1) {
            var model = DiskModel(story.life.start.disk)
            for entry in entries.prefix(calls) where !lie.covers(entry) { try model.perform(entry) }
            for draw in 0..<4 where !PowerCutTrial(story: story, twice: 0).run(calls, draw: UInt64(draw), model).isEmpty { return }
        }
        Issue.record("No cut showed the lie.")
    }
}
