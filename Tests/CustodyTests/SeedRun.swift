import Foundation
import Synchronization

/// Runs worlds on threads of its own, since a world holds its thread to its end.
enum SeedRun {
    /// What the environment asks for: `EARSHOT_SEED` one seed alone; else `EARSHOT_SEEDS` of them from `EARSHOT_FIRST_SEED` on.
    static func seeds(otherwise count: Int) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        func number(_ name: String) -> UInt64? { environment[name].flatMap { UInt64($0) } }
        if let seed = number("EARSHOT_SEED") { return [seed] }
        let first = number("EARSHOT_FIRST_SEED") ?? 1
        return (0..<(number("EARSHOT_SEEDS") ?? UInt64(count))).map { first + $0 }
    }

    /// One seed in a folder of its own, which goes with it.
    static func world(_ seed: UInt64, seams: Seams = Seams()) throws -> World.End {
        let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? URL(filePath: "/dev/shm") : FileManager.default.temporaryDirectory
        let folder = memory.appending(path: "earshot-world-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try World.run(seed: seed, in: folder, seams: seams)
    }

    /// Calls `body` for every seed, on as many threads as there are cores.
    static func each(_ seeds: [UInt64], _ body: @escaping @Sendable (UInt64) -> Void) async {
        let threads = max(1, min(ProcessInfo.processInfo.activeProcessorCount, seeds.count))
        await withCheckedContinuation { continuation in
            let left = Countdown(threads) { continuation.resume() }
            let work = Worker(seeds, body, left)
            for _ in 0..<threads {
                let thread = Thread { work.run() }
                thread.stackSize = 8 << 20
                thread.start()
            }
        }
    }

    private final class Worker: Sendable {
        private let seeds: [UInt64]
        private let body: @Sendable (UInt64) -> Void
        private let left: Countdown
        private let next = Atomic(0)

        init(_ seeds: [UInt64], _ body: @escaping @Sendable (UInt64) -> Void, _ left: Countdown) {
            (self.seeds, self.body, self.left) = (seeds, body, left)
        }

        func run() {
            while true {
                let position = next.add(1, ordering: .relaxed).oldValue
                guard position < seeds.count else { break }
                body(seeds[position])
            }
            left.one()
        }
    }

    private final class Countdown: Sendable {
        private let left: Atomic<Int>
        private let finished: @Sendable () -> Void

        init(_ count: Int, finished: @escaping @Sendable () -> Void) {
            left = Atomic(count)
            self.finished = finished
        }

        func one() { if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { finished() } }
    }
}
