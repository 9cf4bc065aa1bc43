import BlueZ
import DBus
import EventLoop
import Foundation
import GATT
import SimulatedBlueZ
import TestSupport
import Testing

/// An echo device in the air of a simulated org.bluez on a bus of its own, and our client of it.
struct BlueZWorld: Sendable {
    static let adapter = DeviceAddress(0x02_00_00_00_00_01, kind: .public)
    static let card = DeviceAddress(0xC0_FF_EE_00_00_01, kind: .random)

    let bus: PrivateBus
    let host: SimulatedBlueZHost
    /// Ends the simulation as a crash of bluetoothd would; its bonds stay.
    let stopHost: @Sendable () -> Void
    let service: EchoService
    let faults: LinkFaults
    let receive: ReceiveLoop
    let central: BlueZCentral
    /// How `central.run()` ended.
    let ended: WaitableState<GATTError?>

    /// Times that a test does not have to wait for.
    static var quick: SimulatedSettings {
        var settings = SimulatedSettings()
        settings.advertisingInterval = .milliseconds(20)
        settings.disconnectDelay = .milliseconds(5)
        settings.supervisionTimeout = .milliseconds(5)
        return settings
    }

    static func with(
        settings: SimulatedSettings = quick, identity: DeviceAddress? = nil, maximumTransmissionUnit: Int = 247,
        _ body: @concurrent @Sendable @escaping (BlueZWorld) async throws -> Void
    ) async throws {
        try await PrivateBus.with { bus in
            let service = EchoService()
            let faults = LinkFaults(clock: ContinuousClock())
            let host = SimulatedBlueZHost(
                bus: bus.address, adapters: [adapter], stateFolder: bus.folder.path, settings: settings, cutBus: { bus.kill() })
            host.place(service, at: card, identity: identity, maximumTransmissionUnit: maximumTransmissionUnit, faults: faults)
            let stop = WaitableState(false)
            let ended = WaitableState<GATTError?>(nil)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await runHost(host, until: stop)
                    return false
                }
                group.addTask {
                    try await host.untilReady()
                    let receive = try ReceiveLoop()
                    try await DBusConnection.withConnection(to: bus.address) { connection in
                        let central = BlueZCentral(bus: connection, receive: receive)
                        let world = BlueZWorld(
                            bus: bus, host: host, stopHost: { stop.change { $0 = true } }, service: service, faults: faults, receive: receive,
                            central: central,
                            ended: ended)
                        try await run(central, ended) { try await body(world) }
                    }
                    return true
                }
                // The host ends before the test when the test stops it, or takes its bus away.
                while let isBody = try await group.next(), !isBody {}
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private static func runHost(_ host: SimulatedBlueZHost, until stop: WaitableState<Bool>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await host.run() }
            group.addTask { try? await stop.when { $0 ? () : nil } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Runs `body` beside the central; a central that ends by itself does not end the body.
    private static func run(
        _ central: BlueZCentral, _ ended: WaitableState<GATTError?>, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await central.run()
                } catch let error as GATTError {
                    ended.change { $0 = error }
                } catch is CancellationError {}
                return false
            }
            group.addTask {
                try await body()
                return true
            }
            while let isBody = try await group.next(), !isBody {}
            group.cancelAll()
        }
    }

    /// Another client of the same bus, as another process would be.
    func withOtherCentral<R: Sendable>(_ body: @concurrent @escaping @Sendable (BlueZCentral) async throws -> R) async throws -> R {
        try await DBusConnection.withConnection(to: bus.address) { connection in
            let other = BlueZCentral(bus: connection, receive: receive)
            return try await withThrowingTaskGroup(of: R?.self) { group in
                group.addTask {
                    do { try await other.run() } catch {}
                    return nil
                }
                group.addTask { try await body(other) }
                defer { group.cancelAll() }
                while let result = try await group.next() { if let result { return result } }
                throw CancellationError()
            }
        }
    }

    // MARK: Steps

    /// Listens until the card was heard in a way that satisfies `condition`.
    @discardableResult
    func discover(_ condition: @escaping @Sendable (Advertisement) -> Bool = { _ in true }) async throws -> Advertisement {
        try await central.withDiscovery(of: [EchoService.service], on: Self.adapter) { stream in
            while true {
                let advertisement = try await stream.next()
                if condition(advertisement) { return advertisement }
            }
        }
    }

    func connected<R: Sendable>(_ body: @concurrent @Sendable (any Peripheral) async throws -> R) async throws -> R {
        try await central.withConnection(
            to: Self.card, on: Self.adapter, services: [EchoService.service], within: .seconds(300), body)
    }

    func pair(_ answer: PairingAnswer = .passkey(EchoService.passkey)) async throws -> PairingMethod {
        try await central.pair(with: Self.card, on: Self.adapter, within: .seconds(300)) { _ in answer }.method
    }

    /// The error of a GATT operation; nil when it has none.
    func refusal(_ body: () async throws -> Void) async throws -> GATTError? {
        do {
            try await body()
            return nil
        } catch let error as GATTError {
            return error
        }
    }

    // MARK: What bluetoothd sees

    func property(_ name: String, of interface: String, at path: String) async throws -> DBusValue? {
        let object = try #require(ObjectPath(path))
        return try await DBusConnection.withConnection(to: bus.address) { client in
            try await client.call(
                "org.bluez", object, "org.freedesktop.DBus.Properties", "Get", [.string("org.bluez." + interface), .string(name)],
                within: .seconds(120)
            ).first
        }
    }

    func setPowered(_ isPowered: Bool) async throws {
        let object = try #require(ObjectPath("/org/bluez/hci0"))
        let arguments: [DBusValue] = [.string("org.bluez.Adapter1"), .string("Powered"), .variant(.boolean(isPowered))]
        try await DBusConnection.withConnection(to: bus.address) { client in
            _ = try await client.call("org.bluez", object, "org.freedesktop.DBus.Properties", "Set", arguments, within: .seconds(120))
        }
    }

    /// Calls a method of every connection of the bus, as a stranger; they may refuse.
    func askEverybody(at path: String, _ interface: String, _ method: String) async throws {
        let object = try #require(ObjectPath(path))
        try await DBusConnection.withConnection(to: bus.address) { stranger in
            let names = try await stranger.call(
                "org.freedesktop.DBus", .root, "org.freedesktop.DBus", "ListNames", within: .seconds(120)
            ).argument(0, "names", \.asStrings)
            for name in names where name.hasPrefix(":") && name != stranger.uniqueName {
                do throws(DBusError) {
                    _ = try await stranger.call(name, object, interface, method, within: .seconds(120))
                } catch {
                    guard error.kind == .remote else { throw error }
                }
            }
        }
    }

    /// Whether anything of ours is left: a discovery, a link, an agent's registration would show.
    func isDiscovering() async throws -> Bool { try await property("Discovering", of: "Adapter1", at: "/org/bluez/hci0")?.asBoolean ?? true }
    func isConnected() async throws -> Bool {
        try await property("Connected", of: "Device1", at: "/org/bluez/hci0/dev_C0_FF_EE_00_00_01")?.asBoolean ?? true
    }
}

extension BlueZWorld {
    /// Where bluetoothd has the characteristic, asked by any client.
    func path(of id: CharacteristicID, as client: DBusConnection) async throws -> ObjectPath {
        let answer = try await client.call("org.bluez", .root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", within: .seconds(120))
        let objects = try answer.argument(0, "objects", \.asEntries)
        let found = objects.first { object in
            object.value.asEntries?.contains {
                $0.key.asString == "org.bluez.GattCharacteristic1" && $0.value.asProperties?["UUID"]?.asString == id.characteristic.description
            } == true
        }
        return try #require(found?.key.asPath)
    }
}
