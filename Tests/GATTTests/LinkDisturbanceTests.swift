import GATT
import TestSupport
import Testing

/// Each disturbance does what its name says, once, and counts it.
@Suite struct LinkDisturbanceTests {
    private let world = MemoryWorld()

    /// What arrives of five values of 20 bytes, up to the last one or the link's end.
    private func values(_ disturbance: LinkDisturbance) async throws -> [[UInt8]] {
        world.faults.disturbances.add(disturbance)
        return try await world.run {
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 256) { stream in
                    try? await peripheral.write(EchoService.count(5, of: 20), to: EchoService.stream, within: MemoryWorld.patience)
                    var values: [[UInt8]] = []
                    while values.last.map({ EchoService.number(in: $0[...]) }) != 4 || values.count < 4 {
                        guard let batch = try? await stream.next() else { break }
                        values += (0..<batch.count).map { Array(batch[$0]) }
                    }
                    return values
                }
            }
        }
    }

    private func numbers(_ values: [[UInt8]]) -> [UInt16] { values.map { EchoService.number(in: $0[...]) } }

    @Test func aDroppedValueNeverArrives() async throws {
        #expect(numbers(try await values(LinkDisturbance(.drop, on: EchoService.stream, after: 1))) == [0, 2, 3, 4])
        #expect(world.faults.disturbances.hits == [.drop: 1])
    }

    @Test func aRepeatedValueComesAsOftenAsDrawn() async throws {
        #expect(numbers(try await values(LinkDisturbance(.duplicate, after: 1, amount: 2))) == [0, 1, 1, 1, 2, 3, 4])
        #expect(world.faults.disturbances.hits == [.duplicate: 1])
    }

    @Test func aLateValueComesBehindOthers() async throws {
        #expect(numbers(try await values(LinkDisturbance(.reorder, after: 1, amount: 2))) == [0, 2, 3, 1, 4])
        #expect(world.faults.disturbances.hits == [.reorder: 1])
    }

    @Test(arguments: [LinkDisturbance.Kind.corrupt, .oversize, .truncate])
    func aValueArrivesChanged(_ kind: LinkDisturbance.Kind) async throws {
        let values = try await values(LinkDisturbance(kind, after: 2, amount: 19))
        var expected = [UInt8](repeating: 0xA5, count: 20)
        expected.replaceSubrange(0..<2, with: [2, 0])
        switch kind {
        case .corrupt: expected[2] ^= 0x08
        case .oversize: expected += 0..<19
        default: expected.removeLast()
        }
        #expect(values.count == 5 && values[2] == expected)
        #expect(world.faults.disturbances.hits == [kind: 1])
    }

    @Test(
        arguments: zip(
            [LinkDisturbance.Kind.lossBeforeNotification, .lossAfterNotification, .lossAtByte, .stall],
            [[0, 1], [0, 1, 2], [0, 1], [0, 1, 2, 3, 4]] as [[UInt16]]))
    func theLinkIsLostAtAValue(_ kind: LinkDisturbance.Kind, _ arriving: [UInt16]) async throws {
        #expect(numbers(try await values(LinkDisturbance(kind, on: EchoService.stream, after: kind == .lossAtByte ? 45 : 2))) == arriving)
        #expect(world.faults.disturbances.hits == [kind: 1])
    }

    @Test(
        arguments: [
            (LinkDisturbance.Kind.lossBeforeRequest, false, false), (.lossBeforeResponse, true, false), (.lossAfterResponse, true, true),
        ])
    func theLinkIsLostAtARequest(_ kind: LinkDisturbance.Kind, isDone: Bool, isAnswered: Bool) async throws {
        world.faults.disturbances.add(LinkDisturbance(kind, on: EchoService.memory, after: 0))
        try await world.run {
            let code = try await world.connected { peripheral in
                do {
                    try await peripheral.write([7], to: EchoService.memory, within: MemoryWorld.patience)
                    return nil as GATTError.Code?
                } catch let error as GATTError {
                    return error.code
                }
            }
            #expect(code == (isAnswered ? nil : .disconnected))
            let kept = try await world.connected { try await $0.read(EchoService.memory, within: MemoryWorld.patience) }
            #expect(kept == (isDone ? [7] : EchoService.greeting))
        }
        #expect(world.faults.disturbances.hits == [kind: 1])
    }

    @Test(arguments: zip([LinkDisturbance.Kind.lossBeforeIndication, .lossAfterIndication], [1, 2]))
    func theLinkIsLostAtAnIndication(_ kind: LinkDisturbance.Kind, _ arriving: Int) async throws {
        world.faults.disturbances.add(LinkDisturbance(kind, after: 1))
        let count = try await world.run {
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.indicated, delivery: .sharedAllowed, capacity: 8) { stream in
                    try? await peripheral.write([1], to: EchoService.indicated, within: MemoryWorld.patience)
                    var count = 0
                    while let batch = try? await stream.next() { count += batch.count }
                    return count
                }
            }
        }
        #expect(count == arriving)
        #expect(world.faults.disturbances.hits == [kind: 1])
    }
}
