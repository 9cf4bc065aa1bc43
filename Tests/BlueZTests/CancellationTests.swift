import BlueZ
import EventLoop
import Foundation
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// A call that was cancelled leaves nothing behind.
@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    /// Runs `body` in a task that is cancelled once `begun` was told.
    private static func cancelled(_ body: @escaping @Sendable (_ begun: Gate) async throws -> Void) async throws {
        let begun = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) { try await body(begun) }
            }
            await begun.waitForVisitors(1)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func aDiscoveryStops() async throws {
        try await BlueZWorld.with { world in
            try await Self.cancelled { begun in
                try await world.central.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { stream in
                    _ = try await stream.next()
                    try await begun.pass()
                }
            }
            #expect(try await !world.isDiscovering())
            try await world.discover()
        }
    }

    @Test func aLinkCloses() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await Self.cancelled { begun in
                try await world.connected { link in
                    try await link.writeWithoutResponse([1], to: EchoService.command)
                    try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in try await begun.pass() }
                }
            }
            #expect(try await !world.isConnected())
            #expect(world.receive.count == 0)
            try await world.connected { link in _ = try await link.read(EchoService.memory, within: .seconds(120)) }
        }
    }

    @Test func aSubscriptionEndsWhileTheLinkStays() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                for (times, characteristic) in [(1, EchoService.echo), (1, EchoService.indicated)] {
                    try await Self.cancelled { begun in
                        try await link.withValues(of: characteristic, delivery: .sharedAllowed, capacity: 4) { _ in try await begun.pass() }
                    }
                    try await world.service.told(.subscribed(false, characteristic), times: times)
                }
                #expect(world.receive.count == 0)
            }
        }
    }

    @Test func anAttemptToConnectEnds() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            world.host.setInRange(false, BlueZWorld.card)
            try await Self.cancelled { begun in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await world.connected { _ in } }
                    group.addTask { try await begun.pass() }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            // bluetoothd does not go on trying: the card is heard again, and not connected to.
            world.host.setInRange(true, BlueZWorld.card)
            try await world.discover()
            #expect(try await !world.isConnected())
        }
    }

    @Test func aPairingEndsWithItsAgentAndItsQuestion() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let asked = WaitableState(false)
            try await Self.cancelled { begun in
                _ = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(120)) { _ in
                    try? await begun.pass()
                    asked.change { $0 = true }
                    return .no
                }
            }
            // The question was cancelled with the pairing.
            try await asked.when { $0 ? () : nil }
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
            try await world.discover()
            #expect(try await world.pair() == .passkeyEntered)
        }
    }

    /// In a process of its own, since descriptors are counted.
    @Test func noDescriptorIsLeft() async throws {
        await #expect(processExitsWith: .success) {
            try await BlueZWorld.with { world in
                try await world.discover()
                var counts: [Int] = []
                for round in 0..<6 {
                    if round % 2 == 0 {
                        try await CancellationTests.cancelled { begun in try await CancellationTests.use(world, then: { try await begun.pass() }) }
                    } else {
                        try await CancellationTests.use(world) {}
                    }
                    counts.append(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count)
                }
                #expect(Set(counts.dropFirst()).count == 1, "\(counts)")
                guard Set(counts.dropFirst()).count == 1 else { exit(1) }
            }
        }
    }

    private static func use(_ world: BlueZWorld, then: @escaping @Sendable () async throws -> Void) async throws {
        try await world.connected { link in
            try await link.writeWithoutResponse([1], to: EchoService.command)
            try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in
                try await link.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 4) { _ in try await then() }
            }
        }
    }
}
