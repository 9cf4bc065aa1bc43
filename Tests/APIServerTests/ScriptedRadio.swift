import GATT
import Radio
import Recordings
import Synchronization

/// A radio whose answers the test sets, and that remembers what it was asked.
final class ScriptedRadio: RadioControl {
    struct State {
        var result: CardActionResult? = .done(recording: 0)
        var actions: [CardAction] = []
        var screens: [CardID] = []
        var answers: [PairingAnswer] = []
        var pairing: PairingID?
        var events: [PairingEvent] = []
        var ended: [PairingID] = []
    }

    let state = Mutex(State())

    func status() async -> RadioStatus {
        RadioStatus(
            adapters: [.init(address: DeviceAddress(1, kind: .public), name: "hci0", state: "scanning", links: 0)], cards: [])
    }

    func perform(_ action: CardAction, on card: CardID, within: Duration) async throws -> CardActionResult? {
        state.withLock {
            $0.actions.append(action)
            return $0.result
        }
    }

    func screenWaits(for card: CardID) async { state.withLock { $0.screens.append(card) } }

    func startPairing(_ request: PairingRequest) async throws -> PairingID {
        try state.withLock { state in
            guard state.pairing == nil else { throw RadioError.pairingUnderWay }
            let id = PairingID.make(at: UTCTime(milliseconds: 1))
            state.pairing = id
            return id
        }
    }

    func pairingEvents(_ pairing: PairingID) async throws -> AsyncStream<PairingEvent> {
        let events = try state.withLock { state in
            guard state.pairing == pairing else { throw RadioError.unknownPairing }
            return state.events
        }
        return AsyncStream { continuation in
            for event in events { continuation.yield(event) }
            continuation.finish()
        }
    }

    func answer(_ pairing: PairingID, _ answer: PairingAnswer) async throws {
        try state.withLock { state in
            guard state.pairing == pairing else { throw RadioError.unknownPairing }
            state.answers.append(answer)
        }
    }

    func cancelPairing(_ pairing: PairingID) async { state.withLock { $0.ended.append(pairing) } }

    func forget(_ card: CardID) async throws {}
}
