import BlueZ
import GATT
import TestSupport

/// How fast notifications come through an acquired socket when nobody does anything with them: what a pull is measured against.
struct Raw {
    let central: String
    let device: String
    let count: UInt16
    let size: UInt16

    func run() async throws {
        try await Stage.run(central: central, device: device, abilities: .display) { stage in
            try await stage.central.withDiscovery(of: [EchoService.service], on: stage.adapter) { heard in
                while try await heard.next().peer != stage.peer {}
            }
            try await stage.central.withConnection(
                to: stage.peer, on: stage.adapter, services: [EchoService.service], within: .seconds(60)
            ) { card in
                try await card.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: Int(count) + 1) { values in
                    let begun = ContinuousClock.now
                    var bytes = 0
                    var received = 0
                    async let asked: Void = card.write(EchoService.count(count, of: size), to: EchoService.stream, within: .seconds(120))
                    while received < Int(count) {
                        let next = try await withDeadline(.seconds(5), clock: ContinuousClock()) { try await values.next() }
                        guard let batch = next else { break }
                        for position in 0..<batch.count { bytes += batch[position].count }
                        received += batch.count
                    }
                    let milliseconds = Int((ContinuousClock.now - begun) / Duration.milliseconds(1))
                    try await asked
                    print("\(received) of \(count) values, \(bytes) bytes in \(milliseconds) ms")
                }
            }
        }
    }
}
