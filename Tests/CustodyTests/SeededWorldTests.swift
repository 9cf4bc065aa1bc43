import Synchronization
import Testing

/// Worlds drawn by seeds: whatever happens in them, nothing that a card held is lost or doubled.
@Suite(.serialized) struct SeededWorldTests {
    /// How to see one seed again.
    static func replay(_ seed: UInt64) -> String { "EARSHOT_SEED=\(seed) Scripts/soak" }

    @Test func everySeedKeepsEverything() async throws {
        let seeds = SeedRun.seeds(otherwise: 40)
        let totals = Mutex((recordings: 0, events: 0, hits: [Fault: Int]()))
        await SeedRun.each(seeds) { seed in
            do {
                let end = try SeedRun.world(seed)
                for complaint in end.complaints { Issue.record("seed \(seed): \(complaint)\n  \(Self.replay(seed))") }
                totals.withLock {
                    $0.recordings += end.recordings
                    $0.events += end.events
                    $0.hits.merge(end.hits, uniquingKeysWith: +)
                }
                if seeds.count == 1 { print("seed \(seed): history \(String(end.history, radix: 16)), \(end)") }
            } catch {
                Issue.record("seed \(seed) did not end: \(error)\n  \(Self.replay(seed))")
            }
        }
        let all = totals.withLock { $0 }
        print("\(seeds.count) seeds, \(all.recordings) recordings, \(all.events) events")
        #expect(all.recordings > 0 && all.events > 0)
    }

    @Test func oneSeedIsOneHistory() async throws {
        let different = Mutex<[UInt64]>([])
        await SeedRun.each(Array(1...10)) { seed in
            do {
                let (first, second) = (try SeedRun.world(seed), try SeedRun.world(seed))
                if first.history != second.history { different.withLock { $0.append(seed) } }
            } catch {
                Issue.record("seed \(seed) did not end: \(error)")
            }
        }
        #expect(different.withLock { $0 } == [])
    }
}
