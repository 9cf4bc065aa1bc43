import CardProfile
import Crypto
import Foundation
import GATT
import Recordings
import Synchronization

/// Stands at the cards' side: whoever lets a card forget something must hold it at that moment, committed and whole.
final class CustodyWatch: Sendable {
    private struct State {
        var complaints: [String] = []
        var releases = 0
        var acknowledgements = 0
        var served: [CardSerial: Set<DeviceAddress>] = [:]
        var gateways: [WorldGateway]
    }

    private let state: Mutex<State>

    init(_ gateways: [WorldGateway]) { state = Mutex(State(gateways: gateways)) }

    /// It looks no more: the cards hold it, and it held the gateways, in whose air the cards are.
    func end() { state.withLock { $0.gateways = [] } }

    var complaints: [String] { state.withLock(\.complaints) }
    /// Which gateways asked a card for something.
    func served(_ serial: CardSerial) -> Set<DeviceAddress> { state.withLock { $0.served[serial] ?? [] } }

    /// How often it looked.
    var looks: (releases: Int, acknowledgements: Int) { state.withLock { ($0.releases, $0.acknowledgements) } }

    func looks(at request: ControlRequest, from central: DeviceAddress, to serial: CardSerial, _ truth: CardTruth) async {
        guard let gateway = state.withLock({ $0.gateways.first { $0.adapter == central } }), let life = truth.lives.last else { return }
        let generation = Generation(serial: serial, number: life.generation)
        state.withLock { _ = $0.served[serial, default: []].insert(central) }
        do {
            switch request {
            case .release(let number, let digest, _):
                state.withLock { $0.releases += 1 }
                guard let parts = gateway.parts else { return complain("RELEASE of \(number) from \(gateway.name), which does not run") }
                let copies = try parts.eye.copies(of: number, generation).filter { $0.sha256 == digest.description }
                guard let copy = copies.first else {
                    // What was meant for a storage that was formatted meanwhile, this one refuses, or has nothing of.
                    guard life.recordings[number]?.digest == digest else { return }
                    return complain("RELEASE before stored: \(generation.recordingKey(number))")
                }
                let bytes = try Data(contentsOf: gateway.recordings.appending(path: copy.file))
                guard Array(SHA256.hash(data: bytes)) == digest.bytes else {
                    return complain("RELEASE with a digest that the file has not: \(generation.recordingKey(number))")
                }
            case .acknowledgeEvents(let number):
                state.withLock { $0.acknowledgements += 1 }
                guard number > life.acknowledged else { return }
                guard let parts = gateway.parts else { return complain("ACK_EVENTS from \(gateway.name), which does not run") }
                let held = try parts.eye.events(of: generation, in: life.acknowledged + 1...number)
                let lost = life.events.keys.filter { $0 > life.acknowledged && $0 <= number && !held.contains($0) && !life.dropped.contains($0) }
                    .sorted()
                if !lost.isEmpty { complain("ACK_EVENTS before committed: \(generation) events \(lost)") }
            default: return
            }
        } catch {
            complain("the watch could not look: \(error)")
        }
    }

    private func complain(_ what: String) { state.withLock { $0.complaints.append(what) } }
}
