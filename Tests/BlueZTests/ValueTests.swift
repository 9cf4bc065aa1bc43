import BlueZ
import DBus
import EventLoop
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// Commands, notifications and indications.
@Suite(.timeLimit(.minutes(10))) struct ValueTests {
    private static func take(_ count: Int, from values: ValueStream) async throws -> [[UInt8]] {
        var taken: [[UInt8]] = []
        while taken.count < count {
            let batch = try await values.next()
            for position in 0..<batch.count { taken.append(Array(batch[position])) }
        }
        return taken
    }

    @Test func notificationsComeOverASocketInOrder() async throws {
        try await BlueZWorld.with { world in
            world.faults.setRate(400_000)
            try await world.discover()
            try await world.connected { link in
                try await link.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 1024) { values in
                    #expect(world.receive.count == 1)
                    try await link.write(EchoService.count(500, of: 200), to: EchoService.stream, within: .seconds(120))
                    let taken = try await Self.take(500, from: values)
                    #expect(taken.map { EchoService.number(in: $0[...]) } == Array(0..<500))
                    #expect(taken.allSatisfy { $0.count == 200 })
                }
                try await world.service.told(.subscribed(false, EchoService.stream))
            }
            #expect(world.receive.count == 0)
        }
    }

    @Test func commandsAreEchoed() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                try await link.withValues(of: EchoService.command, delivery: .privateSocket, capacity: 16) { values in
                    for number in 0..<10 { try await link.writeWithoutResponse([UInt8(number)], to: EchoService.command) }
                    #expect(try await Self.take(10, from: values) == (0..<10).map { [UInt8($0)] })
                }
                let long = try await world.refusal {
                    try await link.writeWithoutResponse(Array(repeating: 0, count: 245), to: EchoService.command)
                }
                #expect(long?.code == .invalidLength)
            }
        }
    }

    @Test func indicationsComeOverTheSharedPath() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                let refused = try await world.refusal {
                    try await link.withValues(of: EchoService.indicated, delivery: .privateSocket, capacity: 4) { _ in }
                }
                #expect(refused?.code == .notSupported)
                try await link.withValues(of: EchoService.indicated, delivery: .sharedAllowed, capacity: 8) { values in
                    try await link.write([7], to: EchoService.indicated, within: .seconds(120))
                    #expect(try await Self.take(3, from: values) == [[7], [7], [7]])
                }
                try await world.service.told(.subscribed(false, EchoService.indicated))
            }
        }
    }

    @Test func aSecondSubscriptionHereIsRefused() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in
                    let second = try await world.refusal {
                        try await link.withValues(of: EchoService.echo, delivery: .sharedAllowed, capacity: 4) { _ in }
                    }
                    #expect(second?.code == .notificationsHeld)
                }
                // And allowed again at once.
                try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { values in
                    try await link.write([9], to: EchoService.echo, within: .seconds(120))
                    #expect(try await Self.take(1, from: values) == [[9]])
                }
            }
        }
    }

    @Test func notificationsThatAnotherProgramHoldsAreSharedOrRefused() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                try await DBusConnection.withConnection(to: world.bus.address) { other in
                    let path = try await world.path(of: EchoService.echo, as: other)
                    _ = try await other.call("org.bluez", path, "org.bluez.GattCharacteristic1", "StartNotify", within: .seconds(120))
                    let held = try await world.refusal {
                        try await link.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 4) { _ in }
                    }
                    #expect(held?.code == .notificationsHeld)
                    try await link.withValues(of: EchoService.echo, delivery: .sharedAllowed, capacity: 8) { values in
                        try await link.write([5], to: EchoService.echo, within: .seconds(120))
                        #expect(try await Self.take(1, from: values).first == [5])
                    }
                }
            }
        }
    }

    @Test func whatAnotherProgramAcquiredStaysItsOwn() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                try await DBusConnection.withConnection(to: world.bus.address) { other in
                    let path = try await world.path(of: EchoService.echo, as: other)
                    let answer = try await other.call(
                        "org.bluez", path, "org.bluez.GattCharacteristic1", "AcquireNotify", [.properties([:])], within: .seconds(300))
                    let slot = try #require(answer.first?.asDescriptor)
                    for delivery in [ValueDelivery.privateSocket, .sharedAllowed] {
                        let held = try await world.refusal {
                            try await link.withValues(of: EchoService.echo, delivery: delivery, capacity: 4) { _ in }
                        }
                        #expect(held?.code == .notificationsHeld)
                    }
                    let acquired = try await world.property("NotifyAcquired", of: "GattCharacteristic1", at: path.text)
                    #expect(acquired?.asBoolean == true)
                    _ = slot.take()
                }
            }
        }
    }

    @Test func moreValuesThanTheStreamHoldsOverflow() async throws {
        try await BlueZWorld.with { world in
            world.faults.setRate(400_000)
            try await world.discover()
            try await world.connected { link in
                let error = try await world.refusal {
                    try await link.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 8) { values in
                        try await link.write(EchoService.count(40, of: 50), to: EchoService.stream, within: .seconds(120))
                        while true { _ = try await Self.take(9, from: values) }
                    }
                }
                #expect(error?.code == .overflow)
                #expect(try await link.read(EchoService.memory, within: .seconds(120)) == EchoService.greeting)
            }
        }
    }

    @Test func aSmallLinkSaysSo() async throws {
        try await BlueZWorld.with(maximumTransmissionUnit: 23) { world in
            try await world.discover()
            try await world.connected { link in
                #expect(try await link.maximumTransmissionUnit() == 23)
                try await link.write(Array(repeating: 1, count: 20), to: EchoService.memory, within: .seconds(120))
                let long = try await world.refusal {
                    try await link.write(Array(repeating: 1, count: 21), to: EchoService.memory, within: .seconds(120))
                }
                #expect(long?.code == .invalidLength)
            }
        }
    }
}
