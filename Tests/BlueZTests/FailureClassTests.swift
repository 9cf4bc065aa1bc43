import BlueZ
import DBus
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// Each failure that has a name is let happen by it in the simulated bluetoothd, is recognised, and leaves the next attempt a good one.
@Suite(.timeLimit(.minutes(10))) struct FailureClassTests {
    /// What is done when it strikes.
    enum Moment: Sendable {
        case discovering
        case connecting
        case reading
        case subscribing
    }

    static let cases: [(FailureClass, Moment)] = [
        (.inProgress, .discovering), (.abortedByLocal, .connecting), (.connectionAbort, .connecting), (.deviceRemoved, .connecting),
        (.servicesResolvedRace, .connecting), (.emptyServiceTree, .connecting), (.staleCache, .reading), (.unknownObject, .subscribing),
        (.notificationsHeld, .subscribing),
    ]

    @Test(arguments: cases) func aNamedFailureIsRecognisedAndPasses(_ failure: FailureClass, _ moment: Moment) async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            try await world.discover()
            try world.host.cause(failure)
            let error = try await world.refusal { try await Self.perform(moment, in: world) }
            #expect(error?.failure == failure, "\(String(describing: error))")
            #expect(error?.description.hasPrefix(failure.rawValue + ": ") == true)
            #expect(world.host.faults.hits[failure] == 1)
            try await world.discover()
            try await Self.perform(.reading, in: world)
            try await Self.perform(.subscribing, in: world)
        }
    }

    private static func perform(_ moment: Moment, in world: BlueZWorld) async throws {
        switch moment {
        case .discovering: try await world.discover()
        case .connecting: try await world.connected { _ in }
        case .reading: try await world.connected { _ = try await $0.read(EchoService.vault, within: .seconds(120)) }
        case .subscribing:
            try await world.connected { try await $0.withValues(of: EchoService.vault, delivery: .privateSocket, capacity: 4) { _ in } }
        }
    }

    // MARK: wrong-agent

    @Test func aPairingWithoutOurAgentIsNamed() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try world.host.cause(.wrongAgent)
            let error = try await world.refusal { _ = try await world.pair() }
            #expect(error?.code == .pairingFailed && error?.failure == .wrongAgent, "\(String(describing: error))")
            #expect(world.host.faults.hits[.wrongAgent] == 1)
            try await world.discover()
            #expect(try await world.pair() == .passkeyEntered)
        }
    }

    /// Another program answers for the person: the bond would be worth nothing, and is not kept.
    @Test func aBondThatAnotherProgramsAgentMadeIsNotKept() async throws {
        try await BlueZWorld.with { world in
            try await DBusConnection.withConnection(to: world.bus.address) { other in
                let path = ObjectPath.root.appending("other")
                let asked = [ExportedArgument("device", .objectPath)]
                let passkey = ExportedMethod("RequestPasskey", asked, returns: [ExportedArgument("passkey", .uint32)]) { _ in
                    [.uint32(EchoService.passkey)]
                }
                try await other.export([ExportedInterface("org.bluez.Agent1", methods: [passkey])], at: path)
                let manager = ObjectPath.root.appending("org").appending("bluez")
                for (method, arguments) in [("RegisterAgent", [DBusValue.string("KeyboardDisplay")]), ("RequestDefaultAgent", [])] {
                    _ = try await other.call(
                        "org.bluez", manager, "org.bluez.AgentManager1", method, [.objectPath(path)] + arguments, within: .seconds(120))
                }
                try await world.discover()
                try world.host.cause(.wrongAgent)
                let error = try await world.refusal { _ = try await world.pair() }
                #expect(error?.failure == .wrongAgent, "\(String(describing: error))")
                #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
            }
        }
    }
}
