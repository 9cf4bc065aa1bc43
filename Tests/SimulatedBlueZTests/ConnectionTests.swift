import DBus
import Foundation
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
    @Test func connectingResolvesTheServices() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.service.told(.connected)
            let objects = try await world.objects()
            #expect(objects[World.device]?["org.bluez.Device1"]?["Connected"] == .boolean(true))
            let service = World.device.appending("service000a")
            #expect(objects[service]?["org.bluez.GattService1"]?["UUID"] == .string(EchoService.service.description))
            #expect(objects[service]?["org.bluez.GattService1"]?["Device"] == .objectPath(World.device))
            #expect(objects[service]?["org.bluez.GattService1"]?["Primary"] == .boolean(true))
            let command = try #require(objects[try await world.path(of: EchoService.command)]?["org.bluez.GattCharacteristic1"])
            #expect(command["Service"] == .objectPath(service))
            #expect(command["Flags"] == .strings(["write-without-response", "notify"]))
            #expect(command["MTU"] == .uint16(247))
            #expect(command["Notifying"] == .boolean(false))
            #expect(command["NotifyAcquired"] == .boolean(false))
            #expect(command["WriteAcquired"] == .boolean(false))
            let memory = try #require(objects[try await world.path(of: EchoService.memory)]?["org.bluez.GattCharacteristic1"])
            #expect(memory["Notifying"] == nil)
            #expect(memory["NotifyAcquired"] == nil)
            #expect(memory["WriteAcquired"] == nil)
            let descriptors = objects.values.compactMap { $0["org.bluez.GattDescriptor1"] }
            // Six of the service's own, and Service Changed of the stack.
            #expect(descriptors.count == 6)
            #expect(descriptors.allSatisfy { $0["UUID"] == .string("00002902-0000-1000-8000-00805f9b34fb") })
        }
    }

    @Test func disconnectingLeavesTheObjectsInTheCache() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.device("Disconnect")
            try await world.service.told(.disconnected)
            let objects = try await world.objects()
            #expect(objects[World.device]?["org.bluez.Device1"]?["Connected"] == .boolean(false))
            #expect(objects[World.device]?["org.bluez.Device1"]?["ServicesResolved"] == .boolean(false))
            #expect(objects[World.device.appending("service000a")] != nil)
            #expect(try await world.refusal { _ = try await world.read(EchoService.memory) } == "org.bluez.Error.Failed: Not connected")
            try await world.device("Disconnect")
            try await world.device("Connect")
            try await world.untilDevice("ServicesResolved", .boolean(true))
            #expect(try await world.read(EchoService.memory) == EchoService.greeting)
        }
    }

    @Test func aDeviceThatIsAwayIsGivenUpInTime() async throws {
        var settings = World.quick
        // Longer than a busy machine takes to connect.
        settings.connectTimeout = .seconds(3)
        try await World.with(settings: settings) { world in
            try await world.connect()
            try await world.device("Disconnect")
            world.host.setInRange(false, World.card)
            let refusal = try await world.refusal {
                // It may still be heard until the command above was carried out.
                while true {
                    try await world.device("Connect")
                    try await world.device("Disconnect")
                }
            }
            #expect(refusal == "org.bluez.Error.Failed: le-connection-abort-by-local")
            world.host.setInRange(true, World.card)
            try await world.connect()
        }
    }

    @Test func disconnectEndsAnAttempt() async throws {
        try await World.with { world in
            try await world.connect()
            world.host.setInRange(false, World.card)
            try await world.untilDevice("Connected", .boolean(false))
            async let refusal = world.refusal { try await world.device("Connect") }
            try await world.withOtherClient { other in
                // Refused only while the first attempt waits.
                while try await other.refusal({ try await other.device("Connect") }) != "org.bluez.Error.Failed: Operation already in progress" {}
                try await other.device("Disconnect")
            }
            #expect(try await refusal == "org.bluez.Error.Failed: br-connection-canceled")
        }
    }

    @Test func theLinkOutlivesItsClient() async throws {
        try await World.with { world in
            try await world.withOtherClient { try await $0.connect() }
            #expect(try await world.property("Connected", of: "Device1", at: World.device) == .boolean(true))
            #expect(try await world.read(EchoService.memory) == EchoService.greeting)
        }
    }

    @Test func removingADeviceTakesEverythingAway() async throws {
        try await World.with { world in
            try await world.connect()
            try await world.adapter("RemoveDevice", [.objectPath(World.device)])
            #expect(try await world.objects().keys.allSatisfy { !$0.isWithin(World.device) })
            try await world.service.told(.disconnected)
            try await world.connect()
        }
    }

    @Test func walkingAwayLosesTheLink() async throws {
        try await World.with { world in
            try await world.connect()
            world.host.setInRange(false, World.card)
            try await world.untilDevice("Connected", .boolean(false))
            try await world.service.told(.disconnected)
            world.host.setInRange(true, World.card)
            try await world.connect()
        }
    }

    @Test func theCardCanCloseTheLink() async throws {
        try await World.with { world in
            try await world.connect()
            _ = try? await world.write([0], EchoService.hangUp)
            try await world.untilDevice("Connected", .boolean(false))
        }
    }

    @Test func losingTheBusEndsTheRun() async throws {
        let error = try await PrivateBus.with { bus -> DBusError.Kind? in
            let host = SimulatedBlueZHost(bus: bus.address, adapters: [World.adapter], stateFolder: bus.folder.path)
            async let result = host.run()
            try await host.untilReady()
            bus.kill()
            do {
                try await result
                return nil
            } catch let error as DBusError {
                return error.kind
            }
        }
        #expect(error == .disconnected)
    }

    @Test func theNameCanBeHadOnce() async throws {
        try await World.with { world in
            let second = SimulatedBlueZHost(bus: world.bus.address, adapters: [], stateFolder: world.bus.folder.path)
            await #expect(throws: DBusError(name: DBusError.accessDenied, message: "The name org.bluez belongs to another process.")) {
                try await second.run()
            }
        }
    }
}
