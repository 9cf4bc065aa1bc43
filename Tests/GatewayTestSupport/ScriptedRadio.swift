package import GATT
package import Radio
package import Recordings
package import Synchronization

/// A radio whose answers the test sets, and that remembers what it was asked.
package final class ScriptedRadio: RadioControl {
    package struct State {
        package var result: CardActionResult? = .done(recording: 0)
        package var actions: [CardAction] = []
        package var screens: [CardID] = []
        package var answers: [PairingAnswer] = []
        package var chosen: [String] = []
        package var pairing: PairingID?
        /// Why no pairing may begin.
        package var refusal: RadioError?
        package var events: [PairingEvent] = []
        package var ended: [PairingID] = []
        package var cards: [RadioStatus.Card] = []
    }

    /// Of actions whose card is out of reach: how many were begun, and how many of them were given up by their caller.
    package struct Reach: Sendable {
        package var isFar = false
        package var begun = 0
        package var givenUp = 0
    }

    package let reach = WaitableState(Reach())

    package let state = Mutex(State())

    package func status() async -> RadioStatus {
        RadioStatus(
            adapters: [.init(address: DeviceAddress(1, kind: .public), name: "hci0", state: "scanning", links: 0)],
            cards: state.withLock { $0.cards })
    }

    package func perform(_ action: CardAction, on card: CardID, within: Duration) async throws -> CardActionResult? {
        let result = state.withLock { state in
            state.actions.append(action)
            return state.result
        }
        do {
            reach.change { if $0.isFar { $0.begun += 1 } }
            try await reach.when { $0.isFar ? nil : () }
        } catch {
            reach.change { $0.givenUp += 1 }
            throw error
        }
        return result
    }

    package func screenWaits(for card: CardID) async { state.withLock { $0.screens.append(card) } }

    package func startPairing(_ request: PairingRequest) async throws -> PairingID {
        try state.withLock { state in
            if let refusal = state.refusal { throw refusal }
            guard state.pairing == nil else { throw RadioError.pairingUnderWay }
            let id = PairingID.make(at: UTCTime(milliseconds: 1))
            state.pairing = id
            return id
        }
    }

    package func pairingEvents(_ pairing: PairingID) async throws -> AsyncStream<PairingEvent> {
        let events = try state.withLock { state in
            guard state.pairing == pairing else { throw RadioError.unknownPairing }
            return state.events
        }
        return AsyncStream { continuation in
            for event in events { continuation.yield(event) }
            continuation.finish()
        }
    }

    package func choose(_ pairing: PairingID, device: String) async throws {
        try state.withLock { state in
            guard state.pairing == pairing else { throw RadioError.unknownPairing }
            state.chosen.append(device)
        }
    }

    package func answer(_ pairing: PairingID, _ answer: PairingAnswer) async throws {
        try state.withLock { state in
            guard state.pairing == pairing else { throw RadioError.unknownPairing }
            state.answers.append(answer)
        }
    }

    package func cancelPairing(_ pairing: PairingID) async { state.withLock { $0.ended.append(pairing) } }

    package func forget(_ card: CardID) async throws {}
}
