internal import Daemon
internal import Ledger
internal import Radio
internal import Recordings
internal import ServiceLifecycle

/// The one line of `systemctl status`.
struct UnitReport: Service {
    private static let pause: Duration = .seconds(20)
    private static let tolerance: Duration = .seconds(10)

    let ledger: Ledger
    let radio: any RadioControl
    let clock: any Clock<Duration>

    /// Says a changed line at most every twenty seconds until graceful shutdown.
    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var said = ""
            while true {
                let line = await self.line()
                if line != said { ServiceManager.status(line) }
                said = line
                try await clock.sleep(for: Self.pause, tolerance: Self.tolerance)
            }
        }
    }

    /// `12 cards, 2 linked, 3 near · 431 recordings, 2 on their way, 1 needs a person · 4 jobs wait, 0 dead`
    func line() async -> String {
        let facts: StatusFacts
        do { facts = try await ledger.status() } catch { return "the ledger does not answer: \(error)" }
        let cards = await radio.status()
        if cards.adapters.isEmpty { return "no Bluetooth adapter · " + Self.counts(facts) }
        let (linked, near) = (cards.cards.count { $0.presence == "linked" }, cards.cards.count { $0.presence == "near" })
        return "\(facts.cards) cards, \(linked) linked, \(near) near · " + Self.counts(facts)
    }

    private static func counts(_ facts: StatusFacts) -> String {
        let recordings = facts.recordings
        let people: [RecordingState] = [.disputed, .unreadable, .missing, .vanished]
        let jobs = facts.queues.map(\.counts)
        var parts = [
            "\(recordings.values.reduce(0, +)) recordings, \((recordings[.listed] ?? 0) + (recordings[.pulling] ?? 0)) on their way",
            "\(jobs.reduce(0) { $0 + ($1[.ready] ?? 0) + ($1[.leased] ?? 0) }) jobs wait, \(jobs.reduce(0) { $0 + ($1[.dead] ?? 0) }) dead",
        ]
        let asking = people.reduce(0) { $0 + (recordings[$1] ?? 0) }
        if asking > 0 { parts.insert("\(asking) need a person", at: 1) }
        parts += facts.conditions.map(\.name)
        return parts.joined(separator: " · ")
    }
}
