internal import Ledger
internal import Radio

/// Tells the radio of cards for which a text waits in the ledger, whoever wrote it: a person, or an agent's `done`.
struct ScreenCourier: Sendable {
    let ledger: Ledger
    let radio: CardRadio

    /// Until cancelled.
    func run() async throws {
        while true {
            try Task.checkCancellation()
            let mark = ledger.signals.mark(.screens)
            for card in try await ledger.cardsWithScreens() { await radio.screenWaits(for: card) }
            await ledger.signals.wait(since: mark)
        }
    }
}
