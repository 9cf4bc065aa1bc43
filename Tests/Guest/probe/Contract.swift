import BlueZ
import GATT
import Glibc
import TestSupport

/// The contract suite that every conformer of `Central` passes, on the real bluetoothd: where it does not, SimulatedBlueZ is wrong, or the
/// difference stands in docs/simulated-bluez.md.
struct Contract {
    let central: String
    let device: String
    /// Only cases with one of these in their name; empty: all.
    let words: [String]

    /// Ends a hang only.
    private static let patience: Duration = .seconds(120)

    /// - Returns: how many promises were broken.
    func run() async throws -> Int {
        var broken = 0
        for promise in GATTContract.cases where words.isEmpty || words.contains(where: { promise.description.contains($0) }) {
            let begun = ContinuousClock.now
            let result = await keep(promise)
            if result != nil { broken += 1 }
            let milliseconds = (ContinuousClock.now - begun) / Duration.milliseconds(1)
            print("\(result == nil ? "kept" : "BROKEN") \(promise) (\(Int(milliseconds)) ms)\(result.map { ": \($0)" } ?? "")")
            fflush(nil)
        }
        return broken
    }

    /// - Returns: why not; nil when it was kept.
    private func keep(_ promise: GATTContractCase) async -> String? {
        // What the device can show is told to bluetoothd before anybody pairs.
        let abilities: BlueZServer.Abilities =
            if promise.description.contains("Just Works") { .none } else if promise.description.contains("digits") { .comparison } else { .display }
        do {
            let isDone: Void? = try await withDeadline(Self.patience, clock: ContinuousClock()) {
                try await Stage.run(central: central, device: device, abilities: abilities) { stage in
                    try await promise.run(
                        GATTContractWorld(
                            central: stage.central, adapter: stage.adapter, peer: stage.peer, device: stage.device,
                            passkey: { try await stage.device.shownPasskey() }))
                }
            }
            return isDone == nil ? "no end within \(Self.patience)" : nil
        } catch {
            return "\(error)"
        }
    }
}
