import DBus
import Foundation
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct PairingTests {
    private func pair(_ world: World, _ passkey: UInt32? = EchoService.passkey, capability: String = "KeyboardDisplay") async throws -> String? {
        try await world.adapter("StartDiscovery")
        try await world.until { $0[World.device] != nil }
        try await world.adapter("StopDiscovery")
        let refusal = WaitableState<String?>(nil)
        try await world.withAgent(passkey, capability: capability) {
            let said = try await world.refusal { try await world.device("Pair") }
            refusal.change { $0 = said }
        }
        return refusal.read { $0 }
    }

    @Test func theRightPasskeyBonds() async throws {
        try await World.with { world in
            let refusal = try await pair(world)
            #expect(refusal == nil)
            #expect(world.service.calls.contains(.paired(true)))
            for property in ["Paired", "Bonded", "Connected", "ServicesResolved"] {
                #expect(try await world.property(property, of: "Device1", at: World.device) == .boolean(true))
            }
            #expect(try await world.read(EchoService.vault) == Array("vault".utf8))
            #expect(try await world.refusal { try await world.device("Pair") } == "org.bluez.Error.AlreadyExists: Already Exists")
        }
    }

    @Test func aWrongPasskeyFails() async throws {
        try await World.with { world in
            let failed = "org.bluez.Error.AuthenticationFailed: Authentication Failed"
            #expect(try await pair(world, EchoService.passkey + 1) == failed)
            #expect(try await world.property("Bonded", of: "Device1", at: World.device) == .boolean(false))
            #expect(try await pair(world, nil) == failed)
            try await world.service.told(.paired(false), times: 2)
            #expect(try await pair(world) == nil)
        }
    }

    /// As the real one was seen to do when nobody typed the digits in time.
    @Test func aQuestionThatNobodyAnswersCostsTheLink() async throws {
        var settings = World.quick
        // Longer than a busy machine takes to ask.
        settings.pairingTimeout = .seconds(1)
        try await World.with(settings: settings) { world in
            try await world.connect()
            let cancelled = WaitableState(false)
            try await world.withAgent(EchoService.passkey, untilCancelled: cancelled) {
                #expect(
                    try await world.refusal { try await world.device("Pair") } == "org.bluez.Error.AuthenticationCanceled: Authentication Canceled")
                try await cancelled.when { $0 ? () : nil }
            }
            try await world.untilDevice("Connected", .boolean(false))
            #expect(try await world.property("Bonded", of: "Device1", at: World.device) == .boolean(false))
        }
    }

    @Test func aCardThatDoesNotPairRefuses() async throws {
        try await World.with { world in
            world.service.setOffer(nil)
            let refusal = try await pair(world)
            #expect(refusal == "org.bluez.Error.AuthenticationFailed: Authentication Failed")
        }
    }

    @Test func withoutAnAgentEvenJustWorksFails() async throws {
        try await World.with { world in
            world.service.setOffer(.justWorks)
            try await world.connect()
            #expect(
                try await world.refusal { try await world.device("Pair") } == "org.bluez.Error.AuthenticationFailed: Authentication Failed")
        }
    }

    /// Nobody is asked; the bond is worth less, and an access that needs more costs the link.
    @Test func justWorksIsEncryptedOnly() async throws {
        try await World.with { world in
            world.service.setOffer(.justWorks)
            let refusal = try await pair(world, nil, capability: "NoInputNoOutput")
            #expect(refusal == nil)
            #expect(try await world.read(EchoService.secret) == Array("secret".utf8))
            #expect(
                try await world.refusal { _ = try await world.read(EchoService.vault) }
                    == "org.bluez.Error.Failed: Operation failed with ATT error: 0x0e")
        }
    }

    @Test func bondsAndSubscriptionsOutliveTheProcess() async throws {
        try await PrivateBus.with { bus in
            try await World.with(bus, service: EchoService()) { world in
                #expect(try await pair(world) == nil)
                try await world.attribute("StartNotify", EchoService.vault)
                // While it is linked, a client that leaves clears the CCCD: whether it left before the host is not what is asked here.
                try await world.device("Disconnect")
                try await world.untilDevice("Connected", .boolean(false))
            }
            let service = EchoService()
            try await World.with(bus, service: service) { world in
                let device = try await world.objects()[World.device]?["org.bluez.Device1"]
                #expect(device?["Bonded"] == .boolean(true))
                #expect(device?["Connected"] == .boolean(false))
                try await world.device("Connect")
                // The card's memory of the CCCD, before anybody subscribed.
                try await service.told(.subscribed(true, EchoService.vault))
                try await world.untilDevice("ServicesResolved", .boolean(true))
                #expect(try await world.read(EchoService.vault) == Array("vault".utf8))
                try await world.adapter("RemoveDevice", [.objectPath(World.device)])
            }
            try await World.with(bus, service: service) { world in
                let objects = try await world.objects()
                #expect(objects[World.device] == nil)
            }
        }
    }

    @Test func bondsThatCannotBeReadAreNamed() async throws {
        try await PrivateBus.with { bus in
            let file = bus.folder.appending(path: "bonds")
            try Data("central nonsense\n".utf8).write(to: file)
            let host = SimulatedBlueZHost(bus: bus.address, adapters: [World.adapter], stateFolder: bus.folder.path)
            let error = await #expect(throws: (any Error).self) { try await host.run() }
            #expect(error.map { "\($0)" } == "\(file.path): Line 1 is no bond: remove it, and pair that card again.")
        }
    }

    @Test func aPairingCanBeCanceled() async throws {
        try await World.with { world in
            try await world.connect()
            let manager = ObjectPath.root.appending("org").appending("bluez")
            let path = ObjectPath.root.appending("slow")
            let gate = WaitableState((isAsked: false, isCanceled: false))
            try await world.client.export(
                [
                    ExportedInterface(
                        "org.bluez.Agent1",
                        methods: [
                            ExportedMethod(
                                "RequestPasskey", [ExportedArgument("device", .objectPath)], returns: [ExportedArgument("passkey", .uint32)]
                            ) { _ in
                                gate.change { $0.isAsked = true }
                                try await gate.when { $0.isCanceled ? () : nil }
                                return [.uint32(0)]
                            },
                            ExportedMethod("Cancel") { _ in
                                gate.change { $0.isCanceled = true }
                                return []
                            },
                        ])
                ], at: path)
            try await world.call("RegisterAgent", of: "AgentManager1", at: manager, [.objectPath(path), .string("KeyboardOnly")])
            async let refusal = world.refusal { try await world.device("Pair") }
            try await gate.when { $0.isAsked ? () : nil }
            #expect(try await world.refusal { try await world.device("Pair") } == "org.bluez.Error.InProgress: In Progress")
            try await world.device("CancelPairing")
            #expect(try await refusal == "org.bluez.Error.AuthenticationCanceled: Authentication Canceled")
            try await gate.when { $0.isCanceled ? () : nil }
            #expect(try await world.refusal { try await world.device("CancelPairing") } == "org.bluez.Error.DoesNotExist: Does Not Exist")
        }
    }

    @Test func agentsAreRegisteredOnce() async throws {
        try await World.with { world in
            let manager = ObjectPath.root.appending("org").appending("bluez")
            let agent = DBusValue.objectPath(ObjectPath.root.appending("a"))
            #expect(
                try await world.refusal { try await world.call("UnregisterAgent", of: "AgentManager1", at: manager, [agent]) }
                    == "org.bluez.Error.DoesNotExist: Does Not Exist")
            #expect(
                try await world.refusal { try await world.call("RegisterAgent", of: "AgentManager1", at: manager, [agent, .string("Telepathy")]) }
                    == "org.bluez.Error.InvalidArguments: Invalid arguments in method call")
            try await world.call("RegisterAgent", of: "AgentManager1", at: manager, [agent, .string("")])
            try await world.call("RequestDefaultAgent", of: "AgentManager1", at: manager, [agent])
            #expect(
                try await world.refusal { try await world.call("RegisterAgent", of: "AgentManager1", at: manager, [agent, .string("")]) }
                    == "org.bluez.Error.AlreadyExists: Already Exists")
        }
    }
}
