import DBus
import EventLoop
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct AttributeTests {
    @Test func readingTellsEverybody() async throws {
        try await World.with { world in
            try await world.connect()
            let path = try await world.path(of: EchoService.memory)
            try await world.client.withSignals(matching: [MatchRule(sender: "org.bluez", path: path)], capacity: 16) { signals in
                #expect(try await world.read(EchoService.memory) == EchoService.greeting)
                let signal = try #require(try await signals.next().first)
                #expect(signal.member == "PropertiesChanged")
                #expect(signal.arguments.dropFirst().first?.asProperties == ["Value": .bytes(EchoService.greeting)])
            }
            let rest = try await world.attribute("ReadValue", EchoService.memory, [.properties(["offset": .uint16(2)])])
            #expect(rest == [.bytes(Array("llo".utf8))])
            #expect(
                try await world.refusal {
                    try await world.attribute("ReadValue", EchoService.memory, [.properties(["offset": .uint16(6)])])
                } == "org.bluez.Error.InvalidArguments: Invalid offset")
        }
    }

    @Test func errorsOfThePeerBecomeBluetoothds() async throws {
        try await World.with { world in
            try await world.connect()
            let busy = "org.bluez.Error.Failed: Operation failed with ATT error: 0xfe"
            #expect(try await world.refusal { _ = try await world.read(EchoService.refusing) } == busy)
            #expect(try await world.refusal { try await world.write([1], EchoService.refusing) } == busy)
            #expect(try await world.refusal { _ = try await world.read(EchoService.echo) } == "org.bluez.Error.NotPermitted: Read not permitted")
            #expect(
                try await world.refusal { try await world.write([1], EchoService.secret) } == "org.bluez.Error.NotPermitted: Write not permitted")
            #expect(
                try await world.refusal { try await world.write([1], EchoService.memory, type: "reliable") }
                    == "org.bluez.Error.NotSupported: Operation is not supported")
            let descriptor = try await world.path(of: EchoService.echo)
            let configuration = try #require(try await world.objects().keys.first { $0.parent == descriptor })
            #expect(
                try await world.refusal {
                    try await world.call("WriteValue", of: "GattDescriptor1", at: configuration, [.bytes([1, 0]), .properties([:])])
                } == "org.bluez.Error.NotPermitted: Write not permitted")
        }
    }

    @Test func withoutABondASecuredAttributeCostsTheLink() async throws {
        try await World.with { world in
            try await world.connect()
            #expect(
                try await world.refusal { _ = try await world.read(EchoService.secret) }
                    == "org.bluez.Error.Failed: Operation failed with ATT error: 0x0e")
            try await world.untilDevice("Connected", .boolean(false))
        }
    }

    @Test func requestsAndCommandsReachTheCard() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.write([1, 2, 3], EchoService.memory)
            #expect(try await world.read(EchoService.memory) == [1, 2, 3])
            let long = [UInt8](repeating: 7, count: 245)
            #expect(
                try await world.refusal { try await world.write(long, EchoService.command, type: "command") }
                    == "org.bluez.Error.Failed: Failed to initiate write")
            #expect(try await world.refusal { try await world.write(long, EchoService.memory) } != nil)
        }
    }

    @Test func anAcquiredSocketWrites() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.attribute("StartNotify", EchoService.command)
            let path = try await world.path(of: EchoService.command)
            let acquired = try await world.attribute("AcquireWrite", EchoService.command, [.properties([:])])
            #expect(acquired.last == .uint16(247))
            #expect(try await world.property("WriteAcquired", of: "GattCharacteristic1", at: path) == .boolean(true))
            let taken = "org.bluez.Error.NotPermitted: Write acquired"
            #expect(try await world.refusal { try await world.write([1], EchoService.command, type: "command") } == taken)
            #expect(try await world.refusal { try await world.attribute("AcquireWrite", EchoService.command, [.properties([:])]) } == taken)
            #expect(
                try await world.refusal { try await world.attribute("AcquireWrite", EchoService.memory, [.properties([:])]) }
                    == "org.bluez.Error.NotSupported: Operation is not supported")
            try await world.client.withSignals(matching: [MatchRule(sender: "org.bluez", path: path)], capacity: 64) { signals in
                guard let slot = acquired[0].asDescriptor, let socket = slot.take() else { throw DBusError(.invalidMessage, "no descriptor") }
                for number: UInt8 in 1...3 { expectSent(unsafe try socket.send([number].span.bytes)) }
                var values: [[UInt8]] = []
                while values.count < 3 {
                    for signal in try await signals.next() {
                        if let value = signal.arguments.dropFirst().first?.asProperties?["Value"]?.asBytes { values.append(value) }
                    }
                }
                #expect(values == [[1], [2], [3]])
            }
            // Closed by now.
            try await world.until { $0[path]?["org.bluez.GattCharacteristic1"]?["WriteAcquired"] == .boolean(false) }
            try await world.write([1], EchoService.command, type: "command")
        }
    }

    private func expectSent(_ sent: Descriptor.Sent) { #expect(sent == .sent) }
}
