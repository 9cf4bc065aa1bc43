import BlueZ
import EventLoop
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// What becomes of waits when the link, bluetoothd or the bus goes.
@Suite(.timeLimit(.minutes(10))) struct LossTests {
    @Test(arguments: [EchoService.echo, EchoService.indicated])
    func aLostLinkEndsStreams(_ characteristic: CharacteristicID) async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                let error = try await world.refusal {
                    try await link.withValues(of: characteristic, delivery: .sharedAllowed, capacity: 4) { values in
                        world.host.setInRange(false, BlueZWorld.card)
                        _ = try await values.next()
                    }
                }
                #expect(error?.code == .disconnected)
                let later = try await world.refusal { _ = try await link.read(EchoService.memory, within: .seconds(120)) }
                #expect(later?.code == .disconnected)
                #expect(try await world.refusal { try await link.writeWithoutResponse([1], to: EchoService.command) }?.code == .disconnected)
                let subscribing = try await world.refusal {
                    try await link.withValues(of: characteristic, delivery: .sharedAllowed, capacity: 4) { _ in }
                }
                #expect(subscribing?.code == .disconnected)
            }
            #expect(world.receive.count == 0)
            // The next link is a fresh one, with the same subscriptions allowed.
            world.host.setInRange(true, BlueZWorld.card)
            try await world.discover()
            try await world.connected { link in
                try await link.withValues(of: characteristic, delivery: .sharedAllowed, capacity: 4) { values in
                    try await link.write([3], to: characteristic, within: .seconds(120))
                    #expect(try await values.next()[0] == [3])
                }
            }
        }
    }

    @Test func aDeviceThatHangsUpDuringAWriteIsDisconnected() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            let error = try await world.refusal {
                try await world.connected { link in try await link.write([1], to: EchoService.hangUp, within: .seconds(120)) }
            }
            #expect(error?.code == .disconnected)
        }
    }

    @Test func aCardThatGoesDuringAttemptsIsUnreachable() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            world.host.remove(BlueZWorld.card)
            let error = try await world.refusal {
                try await world.central.withConnection(
                    to: BlueZWorld.card, on: BlueZWorld.adapter, services: [], within: .milliseconds(200)
                ) { _ in }
            }
            #expect(error?.code == .unreachable)
            #expect(try await !world.isConnected())
        }
    }

    @Test func whenBluetoothdLeavesEverythingEnds() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                try await world.connected { link in
                    try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { values in
                        world.stopHost()
                        _ = try await values.next()
                    }
                }
            }
            #expect(error?.code == .disconnected)
            let later = try await world.refusal { try await world.discover() }
            #expect(later?.code == .hostUnavailable && later?.failure == .hostRestarted)
            #expect(try await world.refusal { try await world.connected { _ in } }?.code == .hostUnavailable)
            #expect(try await world.refusal { _ = try await world.pair() }?.code == .hostUnavailable)
            #expect(world.receive.count == 0)
            #expect(world.ended.read { $0 } == nil, "it waits for another bluetoothd")
        }
    }

    @Test func whenBluetoothdLeavesADiscoveryEnds() async throws {
        try await BlueZWorld.with { world in
            let error = try await world.refusal {
                try await world.central.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { stream in
                    _ = try await stream.next()
                    world.stopHost()
                    while true { _ = try await stream.next() }
                }
            }
            #expect(error?.code == .hostUnavailable)
        }
    }

    @Test func whenTheBusIsLostEverythingEnds() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                try await world.connected { link in
                    try await link.withValues(of: EchoService.indicated, delivery: .sharedAllowed, capacity: 4) { values in
                        world.bus.kill()
                        _ = try await values.next()
                    }
                }
            }
            #expect(error?.code == .disconnected)
            let end = try await world.ended.when { $0 }
            #expect(end.code == .hostUnavailable && end.failure == .busLost)
            #expect(try await world.refusal { _ = try await world.central.adapters() }?.failure == .busLost)
        }
    }

    @Test func withoutBluetoothdTheCentralSaysSo() async throws {
        try await BlueZWorld.with { world in
            world.stopHost()
            while try await world.refusal({ _ = try await world.central.adapters() }) == nil { await Task.yield() }
            let error = try await world.withOtherCentral { other in
                try await world.refusal { _ = try await other.adapters() }
            }
            #expect(error?.code == .hostUnavailable)
        }
    }

    @Test func anAdapterThatIsSwitchedOffEndsItsDiscovery() async throws {
        try await BlueZWorld.with { world in
            let error = try await world.refusal {
                try await world.central.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { stream in
                    _ = try await stream.next()
                    try await world.setPowered(false)
                    while true { _ = try await stream.next() }
                }
            }
            #expect(error?.code == .adapterUnavailable)
            #expect(try await world.refusal { try await world.discover() }?.code == .adapterUnavailable)
            #expect(try await world.refusal { try await world.connected { _ in } }?.code == .adapterUnavailable)
            try await world.setPowered(true)
            try await world.discover()
        }
    }
}
