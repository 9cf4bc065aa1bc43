import Bytes
import Foundation
import Gateway
import GatewayTestSupport
import Ledger
import Recordings
import Synchronization
import TestSupport
import Testing

@Suite struct ScreenCourierTests {
    /// Told when the text comes, and once more when it has waited too long; in between the courier sleeps.
    @Test func aCardIsToldOfATextAndOfItsEnd() async throws {
        let world = try await GatewayWorld.make { _ in }
        defer { try? FileManager.default.removeItem(atPath: world.folder) }
        let clock = ManualClock()
        let courier = ScreenCourier(ledger: world.ledger, radio: world.radio, clock: clock)
        func told() -> Int { world.radio.state.withLock { $0.screens.count } }
        func sleeps() async { while world.ledger.signals.waiting < 1 { await Task.yield() } }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await courier.run() }
            await sleeps()
            #expect(told() == 0)
            let screen = try await world.ledger.show(ScreenText(text: ForeignText("Noted"), style: .note, seconds: 30), on: world.card.id)
            while told() < 1 { await Task.yield() }
            await sleeps()
            #expect(told() == 1)
            let left = try #require(try await world.ledger.nextScreenExpiry())
            clock.advance(by: left / 2)
            await sleeps()
            #expect(told() == 1)
            // Until it is seen: the sleep may have begun with the last advance.
            while told() < 2 {
                clock.advance(by: left)
                await Task.yield()
            }
            try await world.ledger.shown(screen.id)
            await sleeps()
            tasks.cancelAll()
            await #expect(throws: CancellationError.self) { try await tasks.waitForAll() }
        }
        #expect(world.radio.state.withLock { Set($0.screens) } == [world.card.id])
    }
}
