internal import GATT
internal import Ledger
internal import Radio

/// Tells the radio of cards for which a text waits in the ledger, whoever wrote it: a person, or an agent's `done`; and of those whose text
/// has waited too long.
struct ScreenCourier: Sendable {
    let ledger: Ledger
    let radio: CardRadio
    /// Boot time.
    let clock: any Clock<Duration>

    /// Until cancelled.
    func run() async throws {
        while true {
            try Task.checkCancellation()
            let mark = ledger.signals.mark(.screens)
            for card in try await ledger.cardsWithScreens() { await radio.screenWaits(for: card) }
            guard let expiry = try await ledger.nextScreenExpiry() else {
                await ledger.signals.wait(since: mark)
                continue
            }
            _ = try await withDeadline(expiry, clock: clock) { await ledger.signals.wait(since: mark) }
        }
    }
}
