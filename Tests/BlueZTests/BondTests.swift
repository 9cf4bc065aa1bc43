import BlueZ
import DBus
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// Pairing and bonds.
@Suite(.timeLimit(.minutes(10))) struct BondTests {
    @Test func aTypedPasskeyMakesAnAuthenticatedBond() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let questions = WaitableState<[PairingQuestion]>([])
            let bond = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(300)) { question in
                questions.change { $0.append(question) }
                return .passkey(EchoService.passkey)
            }
            #expect(bond.method == .passkeyEntered)
            #expect(questions.read { $0 } == [.enterPasskey])
            #expect(try await !world.isConnected())
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter) == [BlueZWorld.card])
            #expect(try await world.discover { $0.isBonded }.peer == BlueZWorld.card)
            try await world.connected { link in
                let vault = try await link.read(EchoService.vault, within: .seconds(120))
                #expect(vault == Array("vault".utf8))
            }
            #expect(try await world.refusal { _ = try await world.pair() }?.code == .alreadyBonded)
        }
    }

    @Test func wrongAndRefusedPasskeysMakeNoBond() async throws {
        try await BlueZWorld.with { world in
            for answer in [PairingAnswer.passkey(1), .no, .passkey(1_000_000)] {
                try await world.discover()
                #expect(try await world.refusal { _ = try await world.pair(answer) }?.code == .pairingFailed)
            }
            world.service.setOffer(nil)
            try await world.discover()
            #expect(try await world.refusal { _ = try await world.pair() }?.code == .pairingFailed)
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
            // The agent is gone each time: another one can be registered.
            world.service.setOffer(.displaysPasskey(EchoService.passkey))
            try await world.discover()
            #expect(try await world.pair() == .passkeyEntered)
        }
    }

    @Test func justWorksIsAskedForAndNamed() async throws {
        try await BlueZWorld.with { world in
            world.service.setOffer(.justWorks)
            try await world.discover()
            #expect(try await world.refusal { _ = try await world.pair(.no) }?.code == .pairingFailed)
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
            try await world.discover()
            #expect(try await world.pair(.yes) == .justWorks)
        }
    }

    @Test func aPairingThatNobodyAnswersEndsInTime() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                _ = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .milliseconds(500)) { _ in
                    try? await Task.sleep(for: .seconds(3600))
                    return .no
                }
            }
            #expect(error?.code == .timedOut)
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
        }
    }

    @Test func nobodyElseCancelsAPairing() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let bond = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(300)) { _ in
                do { try await world.askEverybody(at: "/earshot/agent", "org.bluez.Agent1", "Cancel") } catch { return .no }
                return .passkey(EchoService.passkey)
            }
            #expect(bond.method == .passkeyEntered)
        }
    }

    @Test func forgettingIsRepeatable() async throws {
        try await BlueZWorld.with { world in
            try await world.central.forget(BlueZWorld.card, on: BlueZWorld.adapter)
            try await world.discover()
            _ = try await world.pair()
            try await world.central.forget(BlueZWorld.card, on: BlueZWorld.adapter)
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
            try await world.central.forget(BlueZWorld.card, on: BlueZWorld.adapter)
        }
    }

    @Test func aBondThatAnotherProgramMadeIsForeign() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.withOtherCentral { other in
                try await other.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { _ = try await $0.next() }
                _ = try await other.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(20)) { _ in .passkey(EchoService.passkey) }
                #expect(try await other.foreignBonds(on: BlueZWorld.adapter).isEmpty, "it is its own")
            }
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter) == [BlueZWorld.card])
            #expect(try await world.central.foreignBonds(on: BlueZWorld.adapter) == [BlueZWorld.card])
            try await world.central.forget(BlueZWorld.card, on: BlueZWorld.adapter)
            #expect(try await world.central.foreignBonds(on: BlueZWorld.adapter).isEmpty)
            try await world.discover()
            _ = try await world.pair()
            #expect(try await world.central.foreignBonds(on: BlueZWorld.adapter).isEmpty)
        }
    }

    /// The address it was heard with is private: only the identity finds the card again.
    @Test func aPrivateAddressGivesWayToTheIdentity() async throws {
        let identity = DeviceAddress(0xC0_FF_EE_00_00_99, kind: .random)
        try await BlueZWorld.with(identity: identity) { world in
            #expect(try await world.discover().peer == BlueZWorld.card)
            let bond = try await world.central.pair(with: BlueZWorld.card, on: BlueZWorld.adapter, within: .seconds(20)) { _ in
                .passkey(EchoService.passkey)
            }
            #expect(bond == NewBond(peer: identity, method: .passkeyEntered))
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter) == [identity])
            let heard = try await world.discover { $0.isBonded }
            #expect(heard.peer == identity)
            let vault = try await world.central.withConnection(
                to: identity, on: BlueZWorld.adapter, services: [EchoService.service], within: .seconds(20)
            ) { try await $0.read(EchoService.vault, within: .seconds(120)) }
            #expect(vault == Array("vault".utf8))
            // The next bluetoothd knows nothing of the private address.
            try world.host.cause(.hostRestarted)
            try await world.hostIsBack()
            #expect(try await world.discover { $0.isBonded }.peer == identity)
            try await world.central.forget(identity, on: BlueZWorld.adapter)
            #expect(try await world.central.bondedPeers(on: BlueZWorld.adapter).isEmpty)
        }
    }

    @Test func linksThatAnEarlierProcessLeftAreClosed() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            _ = try await world.pair()
            try await DBusConnection.withConnection(to: world.bus.address) { earlier in
                let path = try #require(ObjectPath("/org/bluez/hci0/dev_C0_FF_EE_00_00_01"))
                _ = try await earlier.call("org.bluez", path, "org.bluez.Device1", "Connect", within: .seconds(300))
            }
            #expect(try await world.isConnected())
            try await world.central.closeLinks(to: [], on: BlueZWorld.adapter)
            #expect(try await world.isConnected(), "it may be somebody's keyboard")
            try await world.central.closeLinks(to: [BlueZWorld.card], on: BlueZWorld.adapter)
            #expect(try await !world.isConnected())
        }
    }
}
