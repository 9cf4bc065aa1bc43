import DBus
import EventLoop
import GATT
import SimulatedBlueZ
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct SubscriptionTests {
    private func acquire(_ id: CharacteristicID, _ world: World) async throws -> DescriptorSlot {
        let answer = try await world.attribute("AcquireNotify", id, [.properties([:])])
        #expect(answer.last == .uint16(247))
        return try answer.argument(0, "a descriptor", \.asDescriptor)
    }

    @Test func sessionsBelongToClients() async throws {
        try await World.with { world in
            try await world.connect()
            let path = try await world.path(of: EchoService.echo)
            #expect(
                try await world.refusal { try await world.attribute("StopNotify", EchoService.echo) }
                    == "org.bluez.Error.Failed: No notify session started")
            #expect(
                try await world.refusal { try await world.attribute("StartNotify", EchoService.memory) }
                    == "org.bluez.Error.NotSupported: Operation is not supported")
            try await world.attribute("StartNotify", EchoService.echo)
            try await world.attribute("StartNotify", EchoService.echo)
            #expect(try await world.property("Notifying", of: "GattCharacteristic1", at: path) == .boolean(true))
            try await world.withOtherClient { other in
                try await other.attribute("StartNotify", EchoService.echo)
                try await world.attribute("StopNotify", EchoService.echo)
                #expect(try await world.property("Notifying", of: "GattCharacteristic1", at: path) == .boolean(true))
            }
            // The last client is gone.
            try await world.until { $0[path]?["org.bluez.GattCharacteristic1"]?["Notifying"] == .boolean(false) }
            try await world.service.told(.subscribed(false, EchoService.echo))
            #expect(world.service.calls.count { $0 == .subscribed(true, EchoService.echo) } == 1)
        }
    }

    @Test func valuesOfASessionAreSignals() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.attribute("StartNotify", EchoService.indicated)
            let path = try await world.path(of: EchoService.indicated)
            try await world.client.withSignals(matching: [MatchRule(sender: "org.bluez", path: path)], capacity: 64) { signals in
                try await world.write([9, 8], EchoService.indicated)
                var count = 0
                while count < 3 {
                    for signal in try await signals.next() {
                        #expect(signal.arguments.dropFirst().first?.asProperties == ["Value": .bytes([9, 8])])
                        count += 1
                    }
                }
            }
            #expect(
                try await world.refusal { try await world.attribute("AcquireNotify", EchoService.indicated, [.properties([:])]) }
                    == "org.bluez.Error.InProgress: In Progress")
            try await world.attribute("StopNotify", EchoService.indicated)
            #expect(
                try await world.refusal { try await world.attribute("AcquireNotify", EchoService.indicated, [.properties([:])]) }
                    == "org.bluez.Error.NotSupported: Operation is not supported")
        }
    }

    @Test func anAcquiredSocketKeepsOthersOut() async throws {
        try await World.with { world in
            try await world.connect()
            let path = try await world.path(of: EchoService.stream)
            let slot = try await acquire(EchoService.stream, world)
            #expect(try await world.property("NotifyAcquired", of: "GattCharacteristic1", at: path) == .boolean(true))
            let taken = "org.bluez.Error.NotPermitted: Notify acquired"
            try await world.withOtherClient { other in
                for (method, arguments) in [("StartNotify", []), ("AcquireNotify", [DBusValue.properties([:])])] {
                    let refusal = try await other.refusal { try await other.attribute(method, EchoService.stream, arguments) }
                    #expect(refusal == taken)
                }
            }
            closeNow(slot)
            try await world.until { $0[path]?["org.bluez.GattCharacteristic1"]?["NotifyAcquired"] == .boolean(false) }
            try await world.service.told(.subscribed(false, EchoService.stream))
        }
    }

    private func closeNow(_ slot: DescriptorSlot) { _ = slot.take() }

    /// bluetoothd's sockets hold 167 values of 244 bytes and nobody is told of the others.
    @Test func whatFindsTheSocketFullIsLost() async throws {
        try await World.with { world in
            try await world.connect()
            let slot = try await acquire(EchoService.stream, world)
            try await world.write(EchoService.count(200, of: 244), EchoService.stream)
            let received = Received()
            let loop = try ReceiveLoop()
            guard let socket = slot.take() else { throw DBusError(.invalidMessage, "no descriptor") }
            let token = try loop.add(socket) { received.take($0) }
            try await received.until(167)
            #expect(received.values.map { EchoService.number(in: $0[...]) } == Array(0..<167))
            // What comes after the reader woke up goes through.
            try await world.write(EchoService.count(1, of: 4), EchoService.stream)
            try await received.until(168)
            #expect(received.values.count == 168)
            loop.remove(token)
        }
    }

    @Test func aSocketFallsMuteWhenItsConnectionCloses() async throws {
        try await World.with { world in
            let received = Received()
            let loop = try ReceiveLoop()
            let token = try await world.withOtherClient { other in
                try await other.connect()
                guard let socket = try await acquire(EchoService.stream, other).take() else { throw DBusError(.invalidMessage, "no descriptor") }
                let token = try loop.add(socket) { received.take($0) }
                try await other.write(EchoService.count(2, of: 4), EchoService.stream)
                try await received.until(2)
                return token
            }
            try await world.service.told(.subscribed(false, EchoService.stream))
            #expect(try await world.refusal { try await world.write(EchoService.count(2, of: 4), EchoService.stream) } != nil)
            #expect(received.values.count == 2)
            #expect(!received.hasEnded)
            let path = try await world.path(of: EchoService.stream)
            #expect(try await world.property("NotifyAcquired", of: "GattCharacteristic1", at: path) == .boolean(true))
            loop.remove(token)
            try await world.until { $0[path]?["org.bluez.GattCharacteristic1"]?["NotifyAcquired"] == .boolean(false) }
        }
    }

    @Test func losingTheLinkEndsTheSocketAndKeepsTheSession() async throws {
        try await World.with { world in
            try await world.connect()
            let received = Received()
            let loop = try ReceiveLoop()
            guard let socket = try await acquire(EchoService.stream, world).take() else { throw DBusError(.invalidMessage, "no descriptor") }
            _ = try loop.add(socket) { received.take($0) }
            try await world.attribute("StartNotify", EchoService.echo)
            world.faults.loseLink(afterBytes: 30, on: EchoService.stream)
            #expect(
                try await world.refusal { try await world.write(EchoService.count(9, of: 10), EchoService.stream) }
                    == "org.bluez.Error.Failed: Operation failed with ATT error: 0x0e")
            try await received.ended()
            #expect(received.values.count == 3)
            #expect(world.faults.report.linkLosses == 1)
            try await world.untilDevice("Connected", .boolean(false))
            try await world.device("Connect")
            // The same client is subscribed again without asking; a new one would have to ask.
            try await world.service.told(.subscribed(true, EchoService.echo), times: 2)
        }
    }

    @Test func droppedNotificationsAreCounted() async throws {
        try await World.with { world in
            try await world.connect()
            let received = Received()
            let loop = try ReceiveLoop()
            guard let socket = try await acquire(EchoService.stream, world).take() else { throw DBusError(.invalidMessage, "no descriptor") }
            let token = try loop.add(socket) { received.take($0) }
            world.faults.drop(2, after: 3, of: EchoService.stream)
            try await world.write(EchoService.count(8, of: 20), EchoService.stream)
            try await received.until(6)
            #expect(received.values.map { EchoService.number(in: $0[...]) } == [0, 1, 2, 5, 6, 7])
            #expect(world.faults.report.droppedValues == 2)
            loop.remove(token)
        }
    }
}
