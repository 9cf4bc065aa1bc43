internal import Ledger
internal import Radio
internal import Recordings

/// Tells the radio of cards whose recordings were delivered: under the policy `delivered` they may be released now, and such a card
/// advertises nothing that is new.
struct ReleaseCourier: Sendable {
    let ledger: Ledger
    let radio: CardRadio

    /// Until cancelled. Each delivery is told once: a card that refuses RELEASE is not met again and again for it.
    func run() async throws {
        var told: [CardID: DueReleases] = [:]
        while true {
            try Task.checkCancellation()
            let mark = ledger.signals.mark(.deliveries)
            let due = try await ledger.dueReleases()
            for (card, releases) in due where Self.isNews(releases, told[card]) { radio.looksAgain(at: card) }
            told = due
            await ledger.signals.wait(since: mark)
        }
    }

    private static func isNews(_ due: DueReleases, _ told: DueReleases?) -> Bool {
        guard let told else { return true }
        return due.count > told.count || due.newest > told.newest
    }
}
