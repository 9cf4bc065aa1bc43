import BlueZ
import DBus
import EventLoop
import FoundationEssentials
import GATT
import Logging
import Radio
import Recordings
import SimulatedBlueZ
import TestSupport
import Testing

/// What an earlier process left in bluetoothd.
@Suite(.timeLimit(.minutes(10))) struct LeftLinkTests {
    private static let adapter = DeviceAddress(0x02_00_00_00_00_01, kind: .public)
    private static let peer = DeviceAddress(0xC0_FF_EE_00_00_01, kind: .random)

    /// A card with a link does not advertise: without an end to that link it would never be heard again.
    @Test func aLinkThatAnEarlierProcessLeftIsClosedAndTheCardIsMet() async throws {
        try await PrivateBus.with { bus in
            var settings = SimulatedSettings()
            settings.advertisingInterval = .milliseconds(20)
            settings.disconnectDelay = .milliseconds(5)
            let host = SimulatedBlueZHost(bus: bus.address, adapters: [Self.adapter], stateFolder: bus.folder.path, settings: settings)
            let service = EchoService()
            service.advertise([0x09, 0, 1, 0])
            host.place(service, at: Self.peer, faults: LinkFaults(clock: ContinuousClock()))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.run() }
                try await host.untilReady()
                let receive = try ReceiveLoop()
                try await Self.withCentral(bus, receive) { central in
                    try await central.withDiscovery(of: [EchoService.service], on: Self.adapter) { _ = try await $0.next() }
                    _ = try await central.pair(with: Self.peer, on: Self.adapter, within: .seconds(60)) { _ in .passkey(EchoService.passkey) }
                }
                let path = try #require(ObjectPath("/org/bluez/hci0/dev_C0_FF_EE_00_00_01"))
                try await DBusConnection.withConnection(to: bus.address) { earlier in
                    _ = try await earlier.call("org.bluez", path, "org.bluez.Device1", "Connect", within: .seconds(60))
                }
                #expect(service.calls.last == .connected, "the link outlives its process")
                try await Self.withCentral(bus, receive) { central in try await Self.meet(over: central) }
                group.cancelAll()
            }
        }
    }

    private static func withCentral(
        _ bus: PrivateBus, _ receive: ReceiveLoop, _ body: @escaping @Sendable (BlueZCentral) async throws -> Void
    ) async throws {
        try await DBusConnection.withConnection(to: bus.address) { connection in
            let central = BlueZCentral(bus: connection, receive: receive)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await central.run() }
                defer { group.cancelAll() }
                try await body(central)
            }
        }
    }

    private static func meet(over central: BlueZCentral) async throws {
        let registry = MemoryRegistry()
        registry.state.change {
            $0.cards = [PairedCard(id: .make(at: UTCTime(milliseconds: 1)), name: "anna", adapter: adapter, peer: peer, isAccepted: true)]
        }
        let driver = ScriptedDriver()
        let radio = CardRadio(
            central: central, drivers: [driver], registry: registry, clock: ContinuousClock(),
            wallClock: WallClock(now: { UTCTime(milliseconds: 1_764_000_000_000) }, isSynchronised: { true }), activity: ActivityFeed(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, allowSharedTransfer: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await radio.run() }
            defer { group.cancelAll() }
            try await driver.sessions.when { $0 >= 1 ? () : nil }
        }
    }
}
