import CardProfile
import GATT
import SoftwareCard
import TestSupport
import Testing

/// A link whose indications are confirmed when the test says so.
private final class HeldLink: ServerLink {
    let id: UInt64 = 1
    let central = CardWorld.adapter
    let maximumTransmissionUnit = 247
    let indicated = WaitableState(0)
    let confirmed = WaitableState(0)

    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws {}

    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws {
        let count = indicated.change { count in
            count += 1
            return count
        }
        try await confirmed.when { $0 >= count ? () : nil }
    }

    func disconnect() async {}
}

/// The next request comes over the air behind the confirmation of the last response; the card's own tasks may hear of them in another order.
@Suite struct ConfirmationTests {
    @Test func requestBehindAConfirmationIsTakenAndOneBeforeItIsRefused() async throws {
        let world = try await CardWorld()
        let link = HeldLink()
        try await world.run {
            await world.card.connected(link)
            await world.card.subscribed(true, to: ServedCharacteristic.controlPoint, over: link)
            func ask(_ tag: UInt8) async throws {
                let request = ControlRequest.find(seconds: 0).bytes(tag: tag)
                try await world.card.write(request, to: ServedCharacteristic.controlPoint, request: true, over: link)
            }
            try await ask(1)
            try await link.indicated.when { $0 == 1 ? () : nil }
            async let second: Void = ask(2)
            link.confirmed.change { $0 = 1 }
            try await second
            try await link.indicated.when { $0 == 2 ? () : nil }

            let refused = try await withThrowingTaskGroup(of: ATTError?.self) { group in
                group.addTask {
                    do { try await ask(3) } catch let error as ATTError { return error }
                    return nil
                }
                group.addTask {
                    while !Task.isCancelled {
                        world.clock.advance(by: .milliseconds(100))
                        await Task.yield()
                    }
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            #expect(refused == .procedureInProgress)
        }
    }
}
