import BlueZ
import EventLoop
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// What went away and came back: bluetoothd, an adapter under another name, power. The central goes on by itself.
@Suite(.timeLimit(.minutes(10))) struct ReturnTests {
    @Test func anotherBluetoothdIsFollowed() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            for _ in 1...3 {
                let error = try await world.refusal {
                    try await world.connected { link in
                        try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { values in
                            try world.host.cause(.hostRestarted)
                            while true { _ = try await values.next() }
                        }
                    }
                }
                #expect(error?.code == .disconnected)
                try await world.hostIsBack()
                // The bond is still there, and everything that hung on the last life is gone.
                try await world.connected { link in
                    let vault = try await link.read(EchoService.vault, within: .seconds(120))
                    #expect(vault == Array("vault".utf8))
                }
            }
            #expect(world.receive.count == 0)
            #expect(world.host.faults.hits[.hostRestarted] == 3)
        }
    }

    @Test func aDiscoveryEndsWithItsBluetoothd() async throws {
        try await BlueZWorld.with { world in
            let error = try await world.refusal {
                try await world.central.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { stream in
                    _ = try await stream.next()
                    try world.host.cause(.hostRestarted)
                    while true { _ = try await stream.next() }
                }
            }
            #expect(error?.code == .hostUnavailable && error?.failure == .hostRestarted)
            try await world.hostIsBack()
        }
    }

    @Test func aPairingEndsWithItsBluetoothd() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                _ = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(60)) { _ in
                    try? world.host.cause(.hostRestarted)
                    try? await Task.sleep(for: .seconds(3600))
                    return .no
                }
            }
            #expect(error != nil)
            try await world.hostIsBack()
            #expect(try await world.pair() == .passkeyEntered, "the agent's registration went with the old bluetoothd")
        }
    }

    @Test func anAdapterIsKnownByItsAddressUnderAnotherName() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            let names = WaitableState<[String]>([])
            for _ in 1...2 {
                let error = try await world.refusal {
                    try await world.connected { link in
                        try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { values in
                            try world.host.cause(.adapterGone)
                            while true { _ = try await values.next() }
                        }
                    }
                }
                #expect(error?.code == .disconnected)
                try await world.adapters { $0.isEmpty }
                let gone = try await world.refusal { try await world.discover() }
                #expect(gone?.code == .adapterUnavailable && gone?.failure == .adapterGone)
                world.host.end(.adapterGone)
                let back = try await world.adapters { !$0.isEmpty }
                names.change { $0.append(back[0].name) }
                #expect(back.map(\.address) == [BlueZWorld.adapter])
                try await world.discover { $0.isBonded }
                try await world.connected { link in
                    let vault = try await link.read(EchoService.vault, within: .seconds(120))
                    #expect(vault == Array("vault".utf8))
                }
            }
            #expect(names.read { $0 } == ["hci1", "hci2"])
            #expect(world.receive.count == 0)
        }
    }

    @Test func anAttemptEndsWithItsAdapter() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try world.host.cause(.controllerStuck)
            let error = try await world.refusal {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await world.connected { _ in } }
                    group.addTask {
                        while world.host.faults.hits[.controllerStuck] == nil {
                            try Task.checkCancellation()
                            await Task.yield()
                        }
                        try world.host.cause(.adapterGone)
                    }
                    try await group.waitForAll()
                }
            }
            #expect(error != nil)
            try await world.adapters { $0.isEmpty }
        }
    }

    @Test func powerIsSwitched() async throws {
        try await BlueZWorld.with { world in
            try await world.central.setPower(false, of: BlueZWorld.adapter)
            #expect(try await world.central.adapters().map(\.isPowered) == [false])
            try await world.central.setPower(true, of: BlueZWorld.adapter)
            try await world.discover()
        }
    }

    @Test func aBlockByRFKillIsNamed() async throws {
        try await BlueZWorld.with { world in
            try world.host.cause(.rfkillBlocked)
            try await world.adapters { $0.contains { !$0.isPowered } }
            let error = try await world.refusal { try await world.central.setPower(true, of: BlueZWorld.adapter) }
            #expect(error?.code == .adapterUnavailable && error?.failure == .rfkillBlocked)
            #expect(error?.description.contains("rfkill unblock bluetooth") == true)
            world.host.end(.rfkillBlocked)
            while try await world.refusal({ try await world.central.setPower(true, of: BlueZWorld.adapter) }) != nil { await Task.yield() }
            try await world.discover()
        }
    }
}

extension BlueZWorld {
    /// Waits until a bluetoothd is followed that hears the card.
    func hostIsBack() async throws {
        while let error = try await refusal({ try await discover() }) {
            guard error.code == .hostUnavailable else { throw error }
            await Task.yield()
        }
    }

    /// Waits until the central sees adapters that satisfy `condition`.
    @discardableResult func adapters(_ condition: ([AdapterInfo]) -> Bool) async throws -> [AdapterInfo] {
        while true {
            let adapters = try await central.adapters()
            if condition(adapters) { return adapters }
            await Task.yield()
        }
    }
}
