import GATT
import TestSupport
import Testing

/// One adapter, one echoing device, and the radio running between them.
struct MemoryWorld: Sendable {
    static let adapter = DeviceAddress(0xA0, kind: .public)
    static let peer = DeviceAddress(0xC0, kind: .random)
    static let patience: Duration = .seconds(300)

    let radio = MemoryRadio(clock: ContinuousClock())
    let echo = EchoService()
    let faults = LinkFaults(clock: ContinuousClock())

    func run<R: Sendable>(_ body: @concurrent @Sendable () async throws -> R) async throws -> R {
        radio.addAdapter(Self.adapter)
        radio.addDevice(echo, at: Self.peer, faults: faults)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await radio.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    func connected<R: Sendable>(_ body: @concurrent @Sendable (any Peripheral) async throws -> R) async throws -> R {
        try await radio.withConnection(
            to: Self.peer, on: Self.adapter, services: [EchoService.service], within: Self.patience, body)
    }

    func pair() async throws -> PairingMethod {
        try await radio.pair(with: Self.peer, on: Self.adapter, within: Self.patience) { _ in .passkey(EchoService.passkey) }.method
    }
}

/// What the contract suite cannot ask of every conformer: faults, walking away, adapters, bonds of one side.
@Suite struct MemoryRadioTests {
    private let world = MemoryWorld()

    private func code(_ body: () async throws -> Void) async -> GATTError.Code? {
        do {
            try await body()
            return nil
        } catch let error as GATTError {
            return error.code
        } catch {
            return nil
        }
    }

    /// What says the same again wakes nobody; with repeats, RSSI bars move.
    @Test func withoutRepeatsAPeerIsToldOfOnceAndWhenItChanges() async throws {
        func advertisement(_ peer: UInt64, _ data: UInt8, rssi: Int) -> Advertisement {
            Advertisement(
                adapter: MemoryWorld.adapter, peer: DeviceAddress(peer, kind: .random), rssi: rssi, services: [EchoService.service],
                manufacturerData: [0xFFFF: [data]], name: nil, isBonded: true)
        }
        for repeats in [false, true] {
            let stream = AdvertisementStream(repeats: repeats)
            stream.put(advertisement(1, 0, rssi: -50))
            #expect(try await stream.next().rssi == -50)
            stream.put(advertisement(1, 0, rssi: -60))
            stream.put(advertisement(2, 0, rssi: -70))
            #expect(try await stream.next().rssi == (repeats ? -60 : -70))
            stream.put(advertisement(1, 1, rssi: -80))
            if repeats { #expect(try await stream.next().rssi == -70) }
            #expect(try await stream.next().rssi == -80)
        }
    }

    /// Nobody is woken: whoever puts an advertisement in has it taken before he goes on.
    @Test func whatIsHandedOverIsTakenWhereItComesFrom() async throws {
        func advertisement(_ peer: UInt64, _ data: UInt8) -> Advertisement {
            Advertisement(
                adapter: MemoryWorld.adapter, peer: DeviceAddress(peer, kind: .random), rssi: -50, services: [EchoService.service],
                manufacturerData: [0xFFFF: [data]], name: nil, isBonded: true)
        }
        let stream = AdvertisementStream(repeats: false)
        let taken = WaitableState<[Advertisement]>([])
        stream.put(advertisement(1, 0))
        let consumer = Task { try await stream.handOver { one in taken.change { $0.append(one) } } }
        try await taken.when { $0.isEmpty ? nil : () }
        stream.put(advertisement(1, 0))
        stream.put(advertisement(2, 0))
        stream.put(advertisement(1, 1))
        #expect(taken.read { $0 } == [advertisement(1, 0), advertisement(2, 0), advertisement(1, 1)])
        stream.end(GATTError(.adapterUnavailable, "It is gone."))
        await #expect(throws: GATTError.self) { try await consumer.value }
    }

    @Test func linkIsLostAfterTheBytesThatTheFaultNames() async throws {
        try await world.run {
            world.faults.loseLink(afterBytes: 250, on: EchoService.stream)
            let numbers = try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 256) { stream in
                    let lost = await code {
                        try await peripheral.write(EchoService.count(50, of: 100), to: EchoService.stream, within: MemoryWorld.patience)
                    }
                    #expect(lost == .disconnected)
                    let values = stream.takeWaiting()
                    return (0..<values.count).map { EchoService.number(in: values[$0]) }
                }
            }
            #expect(numbers == [0, 1])
            let report = world.faults.report
            #expect(report.linkLosses == 1 && report.droppedValues == 0)
            #expect(report.deliveredValues == 2 && report.deliveredBytes == 200)
            try await world.echo.told(.disconnected)
            // The device is there again.
            try await world.connected { _ in }
            #expect(world.faults.waiting == 0)
        }
    }

    @Test func droppedNotificationsLeaveAGapAndNothingElse() async throws {
        try await world.run {
            world.faults.drop(2, after: 3, of: EchoService.stream)
            let numbers = try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.stream, delivery: .privateSocket, capacity: 256) { stream in
                    try await peripheral.write(EchoService.count(8, of: 20), to: EchoService.stream, within: MemoryWorld.patience)
                    var numbers: [UInt16] = []
                    while numbers.last != 7 {
                        let values = try await stream.next()
                        numbers += (0..<values.count).map { EchoService.number(in: values[$0]) }
                    }
                    return numbers
                }
            }
            #expect(numbers == [0, 1, 2, 5, 6, 7])
            #expect(world.faults.report.droppedValues == 2)
        }
    }

    @Test func walkingAwayEndsTheLinkAndComingBackIsHeard() async throws {
        try await world.run {
            let lost = try await world.connected { peripheral in
                world.radio.setInRange(false, device: MemoryWorld.peer)
                return await code { _ = try await peripheral.read(EchoService.memory, within: MemoryWorld.patience) }
            }
            #expect(lost == .disconnected)
            let away = await code {
                try await world.radio.withConnection(to: MemoryWorld.peer, on: MemoryWorld.adapter, services: [], within: .milliseconds(1)) { _ in }
            }
            #expect(away == .unreachable)
            let heard = try await world.radio.withDiscovery(of: [EchoService.service], on: MemoryWorld.adapter) { stream in
                world.radio.setInRange(true, device: MemoryWorld.peer)
                return try await stream.next()
            }
            #expect(heard.peer == MemoryWorld.peer)
            #expect(!heard.isBonded)
        }
    }

    @Test func newAdvertisingIsHeardDuringDiscovery() async throws {
        try await world.run {
            try await world.radio.withDiscovery(of: [EchoService.service], on: MemoryWorld.adapter) { stream in
                _ = try await stream.next()
                world.echo.advertise([1, 2, 3, 4])
                while try await stream.next().manufacturerData != [0xFFFF: [1, 2, 3, 4]] {}
                let second = await code {
                    try await world.radio.withDiscovery(of: [], on: MemoryWorld.adapter) { _ in }
                }
                #expect(second == .inProgress)
                let connecting = await code { try await world.connected { _ in } }
                #expect(connecting == .connectionAborted)
            }
        }
    }

    @Test func adapterThatIsSwitchedOffEndsLinksAndDiscovery() async throws {
        try await world.run {
            let discovery = await code {
                try await world.radio.withDiscovery(of: [EchoService.service], on: MemoryWorld.adapter) { stream in
                    world.radio.setPowered(false, adapter: MemoryWorld.adapter)
                    while true { _ = try await stream.next() }
                }
            }
            #expect(discovery == .adapterUnavailable)
            #expect(await code { try await world.connected { _ in } } == .adapterUnavailable)
            world.radio.setPowered(true, adapter: MemoryWorld.adapter)
            let link = try await world.connected { peripheral in
                world.radio.setPowered(false, adapter: MemoryWorld.adapter)
                return await code { _ = try await peripheral.maximumTransmissionUnit() }
            }
            #expect(link == .disconnected)
        }
    }

    @Test func bondThatTheDeviceForgotIsAFailedAuthentication() async throws {
        try await world.run {
            #expect(try await world.pair() == .passkeyEntered)
            try await world.connected { peripheral in
                let vault = try await peripheral.read(EchoService.vault, within: MemoryWorld.patience)
                #expect(vault == Array("vault".utf8))
            }
            world.radio.dropBonds(ofDevice: MemoryWorld.peer)
            #expect(await code { try await world.connected { _ in } } == .authenticationFailed)
            #expect(try await world.radio.bondedPeers(on: MemoryWorld.adapter) == [MemoryWorld.peer])
            try await world.radio.forget(MemoryWorld.peer, on: MemoryWorld.adapter)
            #expect(try await world.pair() == .passkeyEntered)
        }
    }

    @Test func subscriptionOfABondIsFoundSetAfterALostLink() async throws {
        try await world.run {
            _ = try await world.pair()
            _ = await code {
                try await world.connected { peripheral in
                    try await peripheral.withValues(of: EchoService.vault, delivery: .privateSocket, capacity: 4) { stream in
                        world.radio.setInRange(false, device: MemoryWorld.peer)
                        _ = try await stream.next()
                    }
                }
            }
            world.radio.setInRange(true, device: MemoryWorld.peer)
            try await world.connected { _ in try await world.echo.told(.subscribed(true, EchoService.vault), times: 2) }
            #expect(!world.echo.calls.contains(.subscribed(false, EchoService.vault)))
        }
    }

    @Test func deviceThatRefusesToPairIsToldNothingMore() async throws {
        try await world.run {
            world.echo.setOffer(nil)
            #expect(await code { _ = try await world.pair() } == .pairingFailed)
            world.echo.setOffer(.displaysPasskey(1))
            #expect(await code { _ = try await world.pair() } == .pairingFailed)
            try await world.echo.told(.paired(false), times: 2)
            world.echo.setOffer(.justWorks)
            let bond = try await world.radio.pair(with: MemoryWorld.peer, on: MemoryWorld.adapter, within: MemoryWorld.patience) { question in
                question == .authorize ? .yes : .no
            }
            #expect(bond == NewBond(peer: MemoryWorld.peer, method: .justWorks))
            #expect(await code { _ = try await world.pair() } == .alreadyBonded)
            let vault = try await world.connected { peripheral in
                _ = try await peripheral.read(EchoService.secret, within: MemoryWorld.patience)
                return await code { _ = try await peripheral.read(EchoService.vault, within: MemoryWorld.patience) }
            }
            #expect(vault == .authenticationFailed)
        }
    }

    @Test func linkHoldsTheRateThatItWasGiven() async throws {
        let clock = ContinuousClock()
        let faults = LinkFaults(clock: clock, bytesPerSecond: 100_000)
        let took = try await clock.measure {
            for _ in 0..<100 { try await faults.pace(250) }
        }
        // 25,000 bytes at 100 kB/s are 250 ms, less what may be caught up; how much later depends on the machine.
        #expect(took >= .milliseconds(220))
    }
}
