import Synchronization
import Testing

/// Worlds drawn by seeds: whatever happens in them, nothing that a card held is lost or doubled.
@Suite(.serialized) struct SeededWorldTests {
    /// So many seeds bring every fault at least once.
    private static let enough = 200

    /// So many failures are told in full.
    private static let told = 20

    /// What was wrong with a seed, and how to see it again.
    private static func failure(_ seed: UInt64, _ complaints: [String]) -> String {
        "seed \(seed): " + complaints.joined(separator: "\n  ") + "\nagain: EARSHOT_SEED=\(seed) Scripts/soak"
    }

    @Test func everySeedKeepsEverything() async throws {
        let seeds = SeedRun.seeds(otherwise: 40)
        let totals = Mutex((recordings: 0, events: 0, hits: [Fault: Int](), failures: [String]()))
        await SeedRun.each(seeds) { seed in
            do {
                let end = try SeedRun.world(seed)
                totals.withLock {
                    $0.recordings += end.recordings
                    $0.events += end.events
                    $0.hits.merge(end.hits, uniquingKeysWith: +)
                    if !end.complaints.isEmpty { $0.failures.append(Self.failure(seed, end.complaints)) }
                }
                if seeds.count == 1 { print("seed \(seed): history \(String(end.history, radix: 16)), \(end)") }
            } catch {
                totals.withLock { $0.failures.append(Self.failure(seed, ["did not end: \(error)"])) }
            }
        }
        let all = totals.withLock { $0 }
        for failure in all.failures.prefix(Self.told) { Issue.record("\(failure)") }
        #expect(all.failures.count <= Self.told, "\(all.failures.count) seeds failed")
        print("\(seeds.count) seeds, \(all.recordings) recordings, \(all.events) events")
        for fault in Fault.allCases { print("  \(fault): \(all.hits[fault] ?? 0)") }
        #expect(all.recordings > 0 && all.events > 0)
        let idle = Fault.allCases.filter { all.hits[$0] == nil }
        #expect(seeds.count < Self.enough || idle.isEmpty, "faults that never happened: \(idle)")
    }

    @Test func oneSeedIsOneHistory() async throws {
        let different = Mutex<[UInt64]>([])
        await SeedRun.each(Array(1...10)) { seed in
            do {
                let (first, second) = (try SeedRun.world(seed), try SeedRun.world(seed))
                if first.history != second.history { different.withLock { $0.append(seed) } }
            } catch {
                different.withLock { $0.append(seed) }
            }
        }
        #expect(different.withLock { $0 } == [])
    }
}
