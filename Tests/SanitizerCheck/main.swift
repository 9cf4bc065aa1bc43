import Glibc
import Synchronization

// Shows that the thread sanitizer sees what it is there for: `race` must be reported, `mutex` must not. Scripts/sanitize builds and runs it.

final class Shared: Sendable {
    let guarded = Mutex([Int]())
    nonisolated(unsafe) var unguarded = 0
}

let shared = Shared()
let isRace = CommandLine.arguments.contains("race")
await withTaskGroup { group in
    for _ in 0..<4 {
        group.addTask {
            for turn in 0..<3000 {
                shared.guarded.withLock { values in
                    values.append(turn)
                    // Held for a moment, it is contended.
                    if values.count > 50 {
                        usleep(1)
                        values.removeAll()
                    }
                }
                if isRace { shared.unguarded += 1 }
            }
        }
    }
}
