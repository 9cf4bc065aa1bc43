import CardHost
import Foundation
import GATT
import TestSupport
import Testing

/// The whole of `simulate` on a real bus, driven over its socket as from a second terminal.
@Suite struct SimulationTests {
    /// Runs one life of the cards until `body` ends.
    private func life<R: Sendable>(
        of names: [String], on bus: PrivateBus, in folder: String, _ body: @escaping @Sendable (String) async throws -> R
    ) async throws -> R {
        let simulation = Simulation(names: names.compactMap { CardName($0) }, bus: bus.address, folder: folder)
        let line = WaitableState<String?>(nil)
        return try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask {
                try await simulation.run { ready in line.change { $0 = String(decoding: ready, as: UTF8.self) } }
                return nil
            }
            group.addTask { try await body(try await line.when { $0 }) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func order(_ command: CardOrder.Command, _ change: (inout CardOrder) -> Void = { _ in }) -> CardOrder {
        var order = CardOrder(card: "anna", command: command)
        change(&order)
        return order
    }

    /// Speech-like sound as a WAV file: mono, 8 kHz, 16 bits.
    private func wav(seconds: Int) -> Data {
        let samples = (0..<8000 * seconds).map { UInt16(truncatingIfNeeded: $0 &* $0 &* 7 / 64) }
        func little(_ number: Int, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        let data = samples.flatMap { little(Int($0), 2) }
        let format = little(1, 2) + little(1, 2) + little(8000, 4) + little(16_000, 4) + little(2, 2) + little(16, 2)
        return Data("RIFF".utf8) + Data(little(36 + data.count, 4)) + Data("WAVEfmt ".utf8) + Data(little(16, 4)) + Data(format)
            + Data("data".utf8) + Data(little(data.count, 4)) + Data(data)
    }

    @Test func cardsAreDrivenAndComeBackAsTheyWere() async throws {
        try await PrivateBus.with { bus in
            try await withTemporaryFolder { folder in
                let sound = folder + "/speech.wav"
                try wav(seconds: 1).write(to: URL(filePath: sound))
                let before = try await life(of: ["anna", "ben"], on: bus, in: folder) { ready in
                    #expect(ready.contains(#""name":"anna""#) && ready.contains(#""name":"ben""#) && ready.hasSuffix("\n"))
                    let recorded = try await ControlSocket.ask(
                        order(.record) {
                            $0.files = [sound]
                            $0.kind = "call"
                            $0.lengthMs = 2500
                            $0.marks = 2
                        }, folder: folder)
                    #expect(recorded.recording == 1)
                    let copy = folder + "/copy.opus"
                    let dumped = try await ControlSocket.ask(
                        order(.dump) {
                            $0.recording = 1
                            $0.path = copy
                        }, folder: folder)
                    let bytes = try Data(contentsOf: URL(filePath: copy))
                    #expect(dumped.size == recorded.size && bytes.count == Int(dumped.size ?? 0) && bytes.starts(with: "OggS".utf8))
                    let pressed = try await ControlSocket.ask(
                        order(.press) {
                            $0.button = "assistant"
                            $0.gesture = "double"
                            $0.files = [sound]
                        }, folder: folder)
                    #expect(pressed.memo == 2)
                    _ = try await ControlSocket.ask(order(.drop) { $0.count = 2 }, folder: folder)
                    let faults = try await ControlSocket.ask(order(.wrongDigest) { $0.recording = 1 }, folder: folder)
                    #expect(faults.waitingFaults == 2 && faults.droppedValues == 0 && faults.wrongDigests == 0)
                    return try await ControlSocket.ask(order(.list), folder: folder)
                }
                #expect(before.boot == 1 && before.clockSet == true && before.inRange == true && before.connected == false)
                #expect(before.recordings?.map(\.kind) == ["call", "memo"])
                #expect(before.recordings?.map(\.durationMs) == [2500, 1000])
                #expect(before.recordings?.allSatisfy { $0.state == "held" && $0.sha256?.count == 64 } == true)

                let after = try await life(of: ["anna"], on: bus, in: folder) { _ in
                    try await ControlSocket.ask(order(.list), folder: folder)
                }
                #expect(after.boot == 2 && after.clockSet == false)
                #expect(after.serial == before.serial && after.generation == before.generation)
                #expect(after.recordings == before.recordings && after.lastEvent == before.lastEvent.map { $0 + 1 })
            }
        }
    }

    @Test func whatCannotBeDoneIsSaid() async throws {
        try await PrivateBus.with { bus in
            try await withTemporaryFolder { folder in
                let codes = try await life(of: ["anna"], on: bus, in: folder) { _ in
                    var codes: [HostError.Code] = []
                    let orders = [
                        CardOrder(card: "carl", command: .list), order(.stop), order(.delete) { $0.recording = 1 }, order(.delete),
                        order(.press) { $0.button = "bell" }, order(.record) { $0.files = [folder + "/none.wav"] },
                        order(.record) { $0.files = [] }, order(.wrongDigest) { $0.lie = "x" },
                    ]
                    for order in orders {
                        let error = await #expect(throws: HostError.self) { _ = try await ControlSocket.ask(order, folder: folder) }
                        if let error { codes.append(error.code) }
                    }
                    return codes
                }
                #expect(codes == [.noSuchCard, .refused, .refused, .badRequest, .badRequest, .file, .refused, .badRequest])
            }
        }
    }
}
