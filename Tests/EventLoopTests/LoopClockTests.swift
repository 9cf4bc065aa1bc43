import EventLoop
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct LoopClockTests {
    /// Sleeps of many tasks, each beginning while the thread waits for another one's: none is forgotten, and none ends early.
    @Test func everySleepEndsBehindItsDeadline() async throws {
        let clock = LoopClock(on: try EventLoopThread(name: "test-clock"))
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for turn in 0..<200 {
                        let deadline = clock.now.advanced(by: .microseconds((task * 37 + turn * 113) % 3000))
                        try? await clock.sleep(until: deadline, tolerance: nil)
                        #expect(clock.now >= deadline)
                    }
                }
            }
        }
    }

    @Test func aSleepThatIsCancelledEndsAtOnce() async throws {
        let clock = LoopClock(on: try EventLoopThread(name: "test-clock"))
        for _ in 0..<100 {
            let sleeper = Task { try await clock.sleep(for: .seconds(86_400)) }
            await Task.yield()
            sleeper.cancel()
            await #expect(throws: CancellationError.self) { try await sleeper.value }
        }
    }

    /// An earlier timer wakes a thread that waits for a later one.
    @Test func aShorterSleepDoesNotWaitForALongerOne() async throws {
        let loop = try EventLoopThread(name: "test-clock")
        let clock = LoopClock(on: loop)
        let long = Task { try await clock.sleep(for: .seconds(86_400)) }
        for _ in 0..<100 { try await clock.sleep(for: .microseconds(100)) }
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
    }

    @Test func whoMayBeLateEndsTogetherWithOthers() {
        for (deadline, tolerance) in [(57_200, 10), (59_900, 3), (60_000, 1), (51_000, 15), (60_000, 0)] {
            #expect(LoopClock.shared(.milliseconds(deadline), .seconds(tolerance)) == .seconds(60), "\(deadline) ms and \(tolerance) s more")
        }
        #expect(LoopClock.shared(.milliseconds(57_200), .zero) == .milliseconds(57_200))
        #expect(LoopClock.shared(.milliseconds(57_200), .seconds(1)) == .seconds(58))
        for deadline in 0..<500 {
            let late = LoopClock.shared(.milliseconds(deadline * 317), .seconds(10)) - .milliseconds(deadline * 317)
            #expect(late >= .zero && late <= .seconds(10))
        }
    }
}
