import Daemon
import Logging
import Synchronization
import TestSupport
import Testing

@Suite struct WatchdogTests {
    @Test func aLoopThatTurnsIsAlive() {
        var pulses = LoopPulses(period: .seconds(60), loops: ["files", "radio"], now: .zero)
        pulses.turned(0, at: .seconds(50))
        pulses.turned(1, at: .seconds(30))
        #expect(pulses.verdict(at: .seconds(60)) { _ in nil } == .alive)
        #expect(pulses.verdict(at: .seconds(61)) { _ in nil } == .late(loop: "radio", for: .seconds(31)))
    }

    @Test func aStallInTheDiskIsExcusedOnceForOnePeriod() {
        var pulses = LoopPulses(period: .seconds(60), loops: ["files"], now: .zero)
        #expect(pulses.verdict(at: .seconds(40)) { _ in "fdatasync" } == .excused(loop: "files", call: "fdatasync"))
        #expect(pulses.verdict(at: .seconds(99)) { _ in nil } == .alive)
        #expect(pulses.verdict(at: .seconds(100)) { _ in "fdatasync" } == .late(loop: "files", for: .seconds(100)))
        pulses.turned(0, at: .seconds(101))
        #expect(pulses.verdict(at: .seconds(140)) { _ in "fsync" } == .excused(loop: "files", call: "fsync"))
    }

    @Test func anExcusedLoopDoesNotHideAnother() {
        var pulses = LoopPulses(period: .seconds(60), loops: ["files", "radio"], now: .zero)
        let verdict = pulses.verdict(at: .seconds(40)) { $0 == 0 ? "fsync" : nil }
        #expect(verdict == .late(loop: "radio", for: .seconds(40)))
    }

    /// In virtual time: signs of life come while the loop turns, and stop when it does not.
    @Test func signsOfLifeEndWithTheLoop() throws {
        let executor = SimulatedExecutor(seed: 1)
        let signs = Mutex<[Duration]>([])
        try executor.run {
            let turns = Mutex(0)
            let loop = Watchdog.Loop("radio") {
                let isStuck = turns.withLock {
                    $0 += 1
                    return $0 > 10
                }
                if isStuck { try await executor.clock.sleep(for: .seconds(86_400)) }
            }
            let watchdog = Watchdog(
                [loop], period: .seconds(60), clock: executor.clock, alive: { signs.withLock { $0.append(executor.now) } },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await watchdog.watch() }
                try? await executor.clock.sleep(for: .seconds(600))
                group.cancelAll()
            }
        }
        let times = signs.withLock { $0 }
        // The tenth turn was at 108 s; the loop is late 30 s after it, which is looked for every 12 s.
        #expect(times.count >= 10)
        #expect(times.last == .seconds(132))
    }
}
