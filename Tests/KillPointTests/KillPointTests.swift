import Foundation
import Synchronization
import TestSupport
import Testing

/// earshotd itself, killed before any of its file calls while it pulls two recordings and ten events and workers decode and deliver them: the next
/// one finishes the work, and everything is here once.
///
/// EARSHOT_KILLS says before how many calls (or `all`), EARSHOT_KILL=CALL kills before that one, EARSHOT_SEED draws others (docs/custody.md).
@Suite(.timeLimit(.minutes(600))) struct KillPointTests {
    /// Side by side: a fourth of the trials waits for 10 s or more, for the next attempt of a job or for a lease's end, the others compute for one.
    private static let lanes = 8

    /// How many of the calls have been given to a lane.
    private static let taken = Mutex(0)

    private static let environment = ProcessInfo.processInfo.environment

    @Test(arguments: 0..<lanes)
    func everyKillEndsWithEverythingOnce(number: Int) async throws {
        try await Lane.with { lane in
            let trial = KillTrial(lane: lane)
            let all = try await trial.record().count
            #expect(all > 300, "The shim saw \(all) calls.")
            let calls = Self.calls(of: all)
            if number == 0 { print("Kill points: \(calls.count) of \(all) calls.") }
            var (trials, early) = (0, 0)
            while let call = Self.take(from: calls) {
                trials += 1
                let outcome = try await outcome(of: trial, killedBefore: call)
                if outcome.call == nil { early += 1 }
                let (point, broken) = (outcome.call.map { "\($0)" } ?? "call \(call)", outcome.broken.joined(separator: " "))
                #expect(outcome.broken.isEmpty, "before \(point): \(broken) again: EARSHOT_KILL=\(call) Scripts/crash-points")
            }
            // No two lives make the same number of calls, but most trials must have been killed to show anything.
            #expect(early * 5 <= trials + 5, "\(early) of \(trials) were done before they came to their call.")
        }
    }

    /// The next one that no lane has. No two lanes count quite the same calls; it is the place among them that is given away, and what a lane with
    /// fewer calls does not have stays for the others.
    private static func take(from calls: [Int]) -> Int? {
        taken.withLock { taken in
            guard taken < calls.count else { return nil }
            defer { taken += 1 }
            return calls[taken]
        }
    }

    /// What hinders a trial belongs to its point.
    private func outcome(of trial: KillTrial, killedBefore call: Int) async throws -> KillTrial.Outcome {
        do {
            return try await trial.run(killBefore: call)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return KillTrial.Outcome(call: nil, broken: ["\(error)"])
        }
    }

    /// Spread over the whole life, drawn within each part.
    private static func calls(of all: Int) -> [Int] {
        if let one = environment["EARSHOT_KILL"].flatMap(Int.init) { return [one] }
        let wanted = environment["EARSHOT_KILLS"]
        if wanted == "all" { return Array(1...all) }
        let count = min(all, wanted.flatMap(Int.init) ?? 30)
        var draw = (environment["EARSHOT_SEED"].flatMap(UInt64.init) ?? 1) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { part in
            draw ^= draw << 13
            draw ^= draw >> 7
            draw ^= draw << 17
            let (begin, end) = (part * all / count, (part + 1) * all / count)
            return 1 + begin + Int(draw >> 11) % max(1, end - begin)
        }
    }
}
