import BlueZ
import DBus
import EventLoop
import GATT
import TestSupport
import Testing

/// A device that is served through a stand-in of bluetoothd: what it registers, and what its centrals get.
@Suite(.timeLimit(.minutes(10))) struct ServerTests {
    private static let address = DeviceAddress(0x02_00_00_00_00_01, kind: .public)

    private static func serving(
        abilities: BlueZServer.Abilities = .display, _ body: @concurrent @Sendable @escaping (ScriptedDevice, StandInBluetoothd) async throws -> Void
    ) async throws {
        try await serving(abilities: abilities) { device, daemon, _ in try await body(device, daemon) }
    }

    private static func serving(
        abilities: BlueZServer.Abilities = .display,
        _ body: @concurrent @Sendable @escaping (ScriptedDevice, StandInBluetoothd, BlueZServer) async throws -> Void
    ) async throws {
        try await PrivateBus.with { bus in
            try await StandInBluetoothd.with(bus.address) { daemon in
                let device = ScriptedDevice()
                try await whileServing(device, on: bus, abilities: abilities) { try await body(device, daemon, $0) }
            }
        }
    }

    /// Runs `body` once the device is registered.
    private static func whileServing(
        _ device: ScriptedDevice, on bus: PrivateBus, abilities: BlueZServer.Abilities = .display, adapter: String? = "hci0",
        _ body: @escaping @Sendable (BlueZServer) async throws -> Void
    ) async throws {
        try await DBusConnection.withConnection(to: bus.address) { connection in
            let faults = LinkFaults(clock: ContinuousClock())
            let server = try BlueZServer(device, bus: connection, adapter: adapter, abilities: abilities, faults: faults)
            let ready = WaitableState<DeviceAddress?>(nil)
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await server.run { address in ready.change { $0 = address } } }
                group.addTask {
                    #expect(try await ready.when { $0 } == address)
                    try await body(server)
                }
                try await group.next()
            }
        }
    }

    @Test func registersAgentServicesAndAdvertisement() async throws {
        try await Self.serving(abilities: .comparison) { _, daemon in
            let state = daemon.state.read { $0 }
            #expect(state.capability == "DisplayYesNo")
            #expect(state.isDefaultAgent)
            #expect(state.pairable == [false])
            let control = try #require(state.characteristics[ScriptedDevice.control.characteristic.description])
            #expect(control.flags == ["write", "secure-write", "indicate", "secure-indicate"])
            #expect(control.properties["NotifyAcquired"] == nil)
            let data = try #require(state.characteristics[ScriptedDevice.data.characteristic.description])
            #expect(data.flags == ["notify", "secure-notify", "write-without-response"])
            #expect(data.properties["NotifyAcquired"] == .boolean(false))
            #expect(data.properties["WriteAcquired"] == nil)
            #expect(state.characteristics[ScriptedDevice.hello.characteristic.description]?.flags == ["read", "encrypt-read"])
            let advertisement = try #require(state.advertisements.first ?? nil)
            #expect(advertisement["ServiceUUIDs"]?.asStrings == [ScriptedDevice.service.description])
            #expect(advertisement["Discoverable"] == .boolean(false))
            #expect(advertisement["LocalName"] == nil)
        }
    }

    @Test func changedBytesAreAnnouncedAndAnotherShapeIsRegisteredAnew() async throws {
        try await Self.serving { device, daemon in
            let rule = MatchRule(
                interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged", argument0: "org.bluez.LEAdvertisement1")
            try await daemon.bus.withSignals(matching: [rule], capacity: 16) { signals in
                device.advertise(ScriptedDevice.advertisement(2, isDiscoverable: false))
                let changed = try #require(try await signals.next().first).arguments.argument(1, "properties", \.asProperties)
                #expect(changed["ManufacturerData"]?.asEntries?.first?.value.asBytes == [2])
            }
            device.advertise(ScriptedDevice.advertisement(3, isDiscoverable: true))
            let all = try await daemon.state.when { $0.advertisements.count == 3 ? $0.advertisements : nil }
            #expect(all[1] == nil)
            #expect(all[2]?["LocalName"]?.asString == "Card")
            #expect(daemon.state.read(\.pairable) == [false, true])
            device.advertise(nil)
            try await daemon.state.when { $0.advertisements.count == 4 ? () : nil }
        }
    }

    @Test func aCentralReadsWritesAndIsIndicated() async throws {
        try await Self.serving { device, daemon in
            try await daemon.setConnected(true)
            let hello = try await daemon.ask("ReadValue", ScriptedDevice.hello.characteristic, mtu: 517)
            #expect(hello.first?.asBytes == Array("hello".utf8))
            let link = try await device.link()
            #expect(link.maximumTransmissionUnit == 517)
            let rest = try await daemon.ask("ReadValue", ScriptedDevice.hello.characteristic, options: ["offset": .uint16(3)])
            #expect(rest.first?.asBytes == Array("lo".utf8))
            // Encrypted was proven, authenticated was not.
            await #expect(throws: ATTError.notSubscribed) { try await link.indicate([9], on: ScriptedDevice.control) }

            try await daemon.ask("StartNotify", ScriptedDevice.control.characteristic, options: nil)
            try await daemon.ask("WriteValue", ScriptedDevice.control.characteristic, [.bytes([1, 2])])
            try await device.saw(.wrote([1, 2], request: true))
            try await daemon.bus.withSignals(
                matching: [MatchRule(interface: "org.freedesktop.DBus.Properties", argument0: "org.bluez.GattCharacteristic1")], capacity: 16
            ) { signals in
                async let indicated: Void = link.indicate([7], on: ScriptedDevice.control)
                let value = try #require(try await signals.next().first).arguments.argument(1, "properties", \.asProperties)["Value"]
                #expect(value?.asBytes == [7])
                try await daemon.ask("Confirm", ScriptedDevice.control.characteristic, options: nil)
                try await indicated
            }
            try await daemon.setConnected(false)
            try await device.saw(.disconnected)
            await #expect(throws: GATTError.self) { try await link.indicate([8], on: ScriptedDevice.control) }
        }
    }

    /// bluetoothd refuses a write that is not answered for 5 s: so it did when the confirmation waited behind it.
    @Test func aServiceMayIndicateBeforeItAnswersAWrite() async throws {
        try await Self.serving { device, daemon in
            device.state.change { $0.indicatesFirst = true }
            try await daemon.setConnected(true)
            try await daemon.ask("StartNotify", ScriptedDevice.control.characteristic, options: nil)
            try await daemon.bus.withSignals(
                matching: [MatchRule(interface: "org.freedesktop.DBus.Properties", argument0: "org.bluez.GattCharacteristic1")], capacity: 16
            ) { signals in
                async let written = daemon.ask("WriteValue", ScriptedDevice.control.characteristic, [.bytes([5])])
                _ = try await signals.next()
                try await daemon.ask("Confirm", ScriptedDevice.control.characteristic, options: nil)
                _ = try await written
            }
        }
    }

    @Test(arguments: [
        (ATTError.procedureInProgress, "org.bluez.Error.InProgress", ""), (.invalidLength, "org.bluez.Error.InvalidValueLength", ""),
        (.writeNotPermitted, "org.bluez.Error.NotPermitted", ""), (ATTError(0x85), "org.bluez.Error.Failed", "0x85"),
        (.notSubscribed, "org.bluez.Error.Failed", ""),
    ])
    func errorsBecomeWhatBluetoothdTurnsBack(_ error: ATTError, _ name: String, _ message: String) async throws {
        try await Self.serving { device, daemon in
            device.state.change { $0.writeError = error }
            try await daemon.setConnected(true)
            await #expect(throws: DBusError(name: name, message: message)) {
                try await daemon.ask("WriteValue", ScriptedDevice.control.characteristic, [.bytes([1])])
            }
        }
    }

    @Test func commandsNeedWhatTheLinkHasProven() async throws {
        try await Self.serving { device, daemon in
            try await daemon.setConnected(true)
            try await daemon.command(ScriptedDevice.data.characteristic, [1])
            try await daemon.ask("WriteValue", ScriptedDevice.control.characteristic, [.bytes([2])])
            try await daemon.command(ScriptedDevice.data.characteristic, [3])
            try await device.saw(.wrote([3], request: false))
            let written = device.state.read { $0.calls.filter { if case .wrote = $0 { true } else { false } } }
            #expect(written == [.wrote([2], request: true), .wrote([3], request: false)])
        }
    }

    @Test func acquiredValuesComeInOrderAndSubscriptionsOutliveTheLink() async throws {
        try await Self.serving { device, daemon in
            try await daemon.setConnected(true)
            let answer = try await daemon.ask("AcquireNotify", ScriptedDevice.data.characteristic)
            #expect(answer.last?.asInteger == 247)
            try await device.saw(.subscribed(ScriptedDevice.data.characteristic))
            let link = try await device.link()
            let stream = ValueStream(capacity: 2000)
            let receive = try ReceiveLoop()
            let slot = try #require(answer.first?.asDescriptor)
            guard let socket = slot.take() else { throw DBusError(.invalidMessage, "no socket came") }
            let token = try receive.add(socket) { event in
                switch event {
                case .packets(let packets):
                    var batch = ValueBatch()
                    for position in 0..<packets.count { unsafe packets.withBytes(of: position) { unsafe batch.append($0) } }
                    stream.put(batch)
                case .ended: break
                case .failed: break
                }
            }
            // Far more than a socket holds: the sender waits for room.
            let count = 1000
            async let sent: Void = {
                for number in 0..<count {
                    try await link.notify([UInt8(number & 0xFF), UInt8(number >> 8)] + Array(repeating: 0, count: 240), on: ScriptedDevice.data)
                }
            }()
            var received: [Int] = []
            while received.count < count {
                let batch = try await stream.next()
                for position in 0..<batch.count {
                    received.append(Int(batch[position].first ?? 0) | Int(batch[position].dropFirst().first ?? 0) << 8)
                }
            }
            try await sent
            #expect(received == Array(0..<count))
            await #expect(throws: GATTError.self) { try await link.notify(Array(repeating: 0, count: 245), on: ScriptedDevice.data) }

            try await daemon.setConnected(false)
            try await device.saw(.disconnected)
            device.state.change { $0.calls = [] }
            try await daemon.setConnected(true)
            try await device.saw(.subscribed(ScriptedDevice.data.characteristic))
            let next = try await device.link()
            // The CCCD was remembered with the bond: it proves nothing about this link.
            await #expect(throws: ATTError.notSubscribed) { try await next.notify([1], on: ScriptedDevice.data) }
            receive.remove(token)
            try await device.saw(.unsubscribed(ScriptedDevice.data.characteristic))
        }
    }

    @Test func pairingsAskTheDevice() async throws {
        try await Self.serving { device, daemon in
            try await daemon.setConnected(true)
            let central = DBusValue.objectPath(StandInBluetoothd.central)
            _ = try await daemon.askAgent("DisplayPasskey", [central, .uint32(123_456), .uint16(0)])
            try await device.saw(.asked(.displayPasskey(123_456)))
            try await daemon.setBonded()
            try await device.saw(.bonded(true))
            device.state.change { $0.answer = .no }
            await #expect(throws: DBusError(name: "org.bluez.Error.Rejected", message: "")) {
                _ = try await daemon.askAgent("RequestAuthorization", [central])
            }
            device.state.change { $0.answer = .passkey(42) }
            #expect(try await daemon.askAgent("RequestPasskey", [central]) == [.uint32(42)])
            _ = try await daemon.askAgent("Cancel", [])
            try await device.saw(.bonded(false))
        }
    }

    @Test func aSecondCentralIsSentAway() async throws {
        try await Self.serving { device, daemon in
            try await daemon.setConnected(true)
            try await device.saw(.connected)
            let second = StandInBluetoothd.path("/org/bluez/hci0/dev_C0_FF_EE_00_00_02")
            try await daemon.setConnected(true, second)
            try await daemon.state.when { $0.disconnects == 1 ? () : nil }
            #expect(device.state.read { $0.calls } == [.connected])
            _ = try await daemon.ask("ReadValue", ScriptedDevice.hello.characteristic)
        }
    }

    @Test func whoWalksAwayIsGoneUntilHeComesBack() async throws {
        try await Self.serving { device, daemon, server in
            try await daemon.setConnected(true)
            try await device.saw(.connected)
            server.setAway(true)
            try await device.saw(.disconnected)
            try await daemon.state.when { $0.disconnects == 1 && $0.advertisements.count == 2 ? () : nil }
            try await daemon.setConnected(true)
            try await daemon.state.when { $0.disconnects == 2 ? () : nil }
            #expect(device.state.read { $0.calls } == [.connected, .disconnected])
            server.setAway(false)
            try await daemon.state.when { $0.advertisements.count == 3 ? () : nil }
            try await daemon.setConnected(true)
            try await device.state.when { $0.calls.count == 3 ? () : nil }
        }
    }

    @Test func whoWalksAwayWhileBluetoothdAnswersIsGone() async throws {
        try await Self.serving { _, daemon, server in
            server.setAway(true)
            try await daemon.state.when { $0.advertisements.count == 2 ? () : nil }
            daemon.state.change { $0.isSlow = true }
            server.setAway(false)
            try await daemon.state.when { $0.advertisements.count == 3 ? () : nil }
            server.setAway(true)
            daemon.state.change { $0.isSlow = false }
            try await daemon.state.when { $0.advertisements.count == 4 ? () : nil }
            #expect(daemon.state.read { $0.advertisements[3] } == nil)
        }
    }

    @Test func onlyBluetoothdIsAnswered() async throws {
        try await PrivateBus.with { bus in
            try await StandInBluetoothd.with(bus.address) { daemon in
                let device = ScriptedDevice()
                try await Self.whileServing(device, on: bus) { _ in
                    try await daemon.setConnected(true)
                    let target = try #require(daemon.state.read { $0.characteristics[ScriptedDevice.hello.characteristic.description] })
                    let name = try #require(daemon.client.read { $0 })
                    try await DBusConnection.withConnection(to: bus.address) { stranger in
                        await #expect(throws: DBusError(name: "org.bluez.Error.Rejected", message: "Only bluetoothd is answered.")) {
                            _ = try await stranger.call(
                                name, target.path, "org.bluez.GattCharacteristic1", "ReadValue",
                                [.properties(["device": .objectPath(StandInBluetoothd.central)])], within: .seconds(300))
                        }
                        return
                    }
                }
            }
        }
    }

    @Test func registersAgainWithTheNextBluetoothd() async throws {
        try await PrivateBus.with { bus in
            let device = ScriptedDevice()
            let restart = Gate()
            let isBack = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let isThere = Gate()
                group.addTask {
                    try await StandInBluetoothd.with(bus.address) { daemon in
                        isThere.open()
                        try await daemon.state.when { $0.applications == 1 ? () : nil }
                        try await daemon.setConnected(true)
                        _ = try await daemon.ask("ReadValue", ScriptedDevice.hello.characteristic)
                        try await restart.pass()
                    }
                    try await StandInBluetoothd.with(bus.address) { daemon in
                        try await daemon.state.when { $0.advertisements.isEmpty ? nil : () }
                        try await daemon.setConnected(true)
                        _ = try await daemon.ask("ReadValue", ScriptedDevice.hello.characteristic)
                        isBack.open()
                        try await device.state.when { $0.calls.count == 3 ? () : nil }
                    }
                }
                try await isThere.pass()
                try await Self.whileServing(device, on: bus) { _ in
                    try await device.saw(.connected)
                    restart.open()
                    try await device.saw(.disconnected)
                    try await isBack.pass()
                    #expect(device.state.read { $0.calls } == [.connected, .disconnected, .connected])
                }
                group.cancelAll()
            }
        }
    }

    @Test func saysWhatBluetoothdRefusedAtFirst() async throws {
        try await PrivateBus.with { bus in
            try await StandInBluetoothd.with(bus.address) { daemon in
                daemon.state.change { $0.refusal = DBusError(name: "org.bluez.Error.NotPermitted", message: "Maximum reached") }
                await #expect(
                    performing: {
                        try await Self.whileServing(ScriptedDevice(), on: bus) { _ in }
                    }, throws: { "\($0)".contains("Offering services on 02:00:00:00:00:01 failed: org.bluez.Error.NotPermitted: Maximum reached") })
            }
        }
    }
}
