internal import GATT
package import Ledger
package import Radio

/// Tells the radio of cards for which a text waits in the ledger, whoever wrote it: a person, or an agent's `done`; and of those whose text
/// has waited too long.
package struct ScreenCourier: Sendable {
    private let ledger: Ledger
    private let radio: any RadioControl
    private let clock: any Clock<Duration>

    /// - Parameter clock: of boot time.
    package init(ledger: Ledger, radio: any RadioControl, clock: any Clock<Duration>) {
        self.ledger = ledger
        self.radio = radio
        self.clock = clock
    }

    /// Until cancelled.
    package func run() async throws {
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
