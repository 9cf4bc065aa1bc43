import BlueZ
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// Discovery, links and plain attributes.
@Suite(.timeLimit(.minutes(10))) struct LinkTests {
    /// bluetoothd answers Disconnect before the kernel has ended the link, and never announces one that begins meanwhile.
    @Test func aLinkThatIsNotAnnouncedIsUsed() async throws {
        var settings = BlueZWorld.quick
        settings.disconnectLag = .seconds(3600)
        try await BlueZWorld.with(settings: settings) { world in
            try await world.discover()
            for _ in 1...3 {
                let value = try await world.connected { try await $0.read(EchoService.memory, within: .seconds(120)) }
                #expect(value == EchoService.greeting)
                try await world.service.told(.disconnected)
            }
        }
    }

    @Test func adaptersAreNamedByAddress() async throws {
        try await BlueZWorld.with { world in
            let adapters = try await world.central.adapters()
            #expect(adapters == [AdapterInfo(address: BlueZWorld.adapter, name: "hci0", isPowered: true)])
        }
    }

    @Test func aDeviceIsHeardWithWhatItAdvertises() async throws {
        try await BlueZWorld.with { world in
            let heard = try await world.discover()
            #expect(heard.adapter == BlueZWorld.adapter)
            #expect(heard.rssi == -50)
            #expect(heard.services == [EchoService.service])
            #expect(heard.manufacturerData == [0xFFFF: [0, 0, 0, 0]])
            #expect(!heard.isBonded)
            #expect(try await !world.isDiscovering())
        }
    }

    @Test func newManufacturerDataIsHeardInTheSameDiscovery() async throws {
        try await BlueZWorld.with { world in
            let heard = try await world.central.withDiscovery(of: [EchoService.service], on: BlueZWorld.adapter) { stream in
                _ = try await stream.next()
                world.service.advertise([1, 2, 3, 4])
                while true {
                    let advertisement = try await stream.next()
                    if advertisement.manufacturerData[0xFFFF] != [0, 0, 0, 0] { return advertisement.manufacturerData }
                }
            }
            #expect(heard == [0xFFFF: [1, 2, 3, 4]])
        }
    }

    @Test func devicesWithOtherServicesAreNotHeard() async throws {
        try await BlueZWorld.with { world in
            let heard = try await world.central.withDiscovery(of: [BluetoothUUID(0x180D)], on: BlueZWorld.adapter) { stream in
                try await withDeadline(.milliseconds(300), clock: ContinuousClock()) { try await stream.next() }
            }
            #expect(heard == nil)
        }
    }

    @Test func attributesAreReadAndWritten() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                #expect(link.address == BlueZWorld.card)
                #expect(try await link.maximumTransmissionUnit() == 247)
                #expect(try await link.read(EchoService.memory, within: .seconds(120)) == EchoService.greeting)
                try await link.write([1, 2, 3], to: EchoService.memory, within: .seconds(120))
                #expect(try await link.read(EchoService.memory, within: .seconds(120)) == [1, 2, 3])
            }
            #expect(try await !world.isConnected())
            try await world.service.told(.disconnected)
        }
    }

    @Test func refusalsKeepTheirMeaning() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            try await world.connected { link in
                let refused = try await world.refusal { _ = try await link.read(EchoService.refusing, within: .seconds(120)) }
                #expect(refused?.code == .attError)
                #expect(refused?.attError == 0xFE)
                let long = try await world.refusal {
                    try await link.write(Array(repeating: 0, count: 245), to: EchoService.memory, within: .seconds(120))
                }
                #expect(long?.code == .invalidLength)
                let absent = CharacteristicID(service: EchoService.service, characteristic: BluetoothUUID(0x2A00))
                #expect(try await world.refusal { _ = try await link.read(absent, within: .seconds(120)) }?.code == .characteristicMissing)
                #expect(try await world.refusal { try await link.writeWithoutResponse([1], to: EchoService.memory) }?.code == .notSupported)
            }
        }
    }

    @Test func anAccessWithoutABondIsAnAuthenticationFailure() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                try await world.connected { link in _ = try await link.read(EchoService.secret, within: .seconds(120)) }
            }
            #expect(error?.code == .authenticationFailed)
        }
    }

    @Test func missingServicesEndTheConnection() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let error = try await world.refusal {
                try await world.central.withConnection(
                    to: BlueZWorld.card, on: BlueZWorld.adapter, services: [BluetoothUUID(0x180D)], within: .seconds(300)
                ) { _ in _ = Issue.record("a link without the service was lent") }
            }
            #expect(error?.code == .servicesMissing)
            #expect(try await !world.isConnected())
        }
    }

    @Test func whoIsNotThereIsNotReached() async throws {
        try await BlueZWorld.with { world in
            let unknown = try await world.refusal { try await world.connected { _ in } }
            #expect(unknown?.code == .unknownPeer)
            try await world.discover()
            world.host.setInRange(false, BlueZWorld.card)
            let silent = try await world.refusal {
                try await world.central.withConnection(
                    to: BlueZWorld.card, on: BlueZWorld.adapter, services: [], within: .milliseconds(300)
                ) { _ in }
            }
            #expect(silent?.code == .unreachable)
            let stranger = DeviceAddress(0x02_00_00_00_00_09, kind: .public)
            let adapter = try await world.refusal { try await world.central.closeLinks(to: [], on: stranger) }
            #expect(adapter?.code == .adapterUnavailable)
        }
    }

    @Test func aCallAfterTheLinkIsDisconnected() async throws {
        try await BlueZWorld.with { world in
            try await world.discover()
            let kept = try await world.connected { link in link }
            #expect(try await world.refusal { _ = try await kept.read(EchoService.memory, within: .seconds(120)) }?.code == .disconnected)
            #expect(try await world.refusal { _ = try await kept.maximumTransmissionUnit() }?.code == .disconnected)
        }
    }
}
