internal import GATT

/// Adapters, discovery, connections, reading and writing.
enum GATTContractLinks {
    static let cases = [
        GATTContractCase("the adapter is listed, powered, under its address") { world in
            let adapters = try await world.central.adapters()
            try world.check(adapters.filter { $0.address == world.adapter }.map(\.isPowered) == [true], "adapters: \(adapters)")
        },
        GATTContractCase("a device is heard with its services and data") { world in
            world.device.advertise([1, 2, 3, 4])
            let heard = try await world.hear { $0.manufacturerData[0xFFFF] == [1, 2, 3, 4] }
            try world.check(heard.services.contains(EchoService.service), "services: \(heard.services)")
            try world.check(heard.adapter == world.adapter && !heard.isBonded, "heard: \(heard)")
        },
        GATTContractCase("new data is heard during one discovery") { world in
            try await world.central.withDiscovery(of: [EchoService.service], on: world.adapter) { stream in
                for round in UInt8(1)...5 {
                    world.device.advertise([round, 0, 0, round])
                    while try await stream.next().manufacturerData[0xFFFF] != [round, 0, 0, round] {}
                }
            }
        },
        GATTContractCase("devices without the wanted services are not heard") { world in
            let heard = try await world.central.withDiscovery(of: [BluetoothUUID(0x1234)], on: world.adapter) { stream in
                // Nothing tells that nothing will be heard: a second is long for a scan that hears everything.
                try await withDeadline(.seconds(1), clock: ContinuousClock()) { try await stream.next() }
            }
            try world.check(heard == nil, "heard \(String(describing: heard))")
        },
        GATTContractCase("an adapter that is not there is adapterUnavailable") { world in
            let stranger = DeviceAddress(0x0A0B_0C0D_0E0F, kind: .public)
            try await world.expect(.adapterUnavailable, from: "discovery") {
                try await world.central.withDiscovery(of: [], on: stranger) { _ in }
            }
            try await world.expect(.adapterUnavailable, from: "connecting") {
                try await world.central.withConnection(to: world.peer, on: stranger, services: [], within: GATTContractWorld.patience) { _ in }
            }
            try await world.expect(.adapterUnavailable, from: "bondedPeers") { _ = try await world.central.bondedPeers(on: stranger) }
        },
        GATTContractCase("a device that is not there is not reached") { world in
            let stranger = DeviceAddress(0x0A0B_0C0D_0E0F, kind: .random)
            try await world.expect(.unreachable, .unknownPeer, from: "connecting") {
                try await world.central.withConnection(to: stranger, on: world.adapter, services: [], within: .milliseconds(300)) { _ in }
            }
        },
        GATTContractCase("values are read and written") { world in
            try await world.connected { peripheral in
                try world.check(peripheral.address == world.peer, "address \(peripheral.address)")
                let first = try await peripheral.read(EchoService.memory, within: GATTContractWorld.patience)
                try world.check(first == EchoService.greeting, "first \(first)")
                for value in [[], [7], Array(repeating: 8, count: 100)] as [[UInt8]] {
                    try await peripheral.write(value, to: EchoService.memory, within: GATTContractWorld.patience)
                    let read = try await peripheral.read(EchoService.memory, within: GATTContractWorld.patience)
                    try world.check(read == value, "wrote \(value), read \(read)")
                }
            }
        },
        GATTContractCase("the device's refusal keeps its ATT error") { world in
            try await world.connected { peripheral in
                let read = try await world.expect(.attError, from: "reading") {
                    _ = try await peripheral.read(EchoService.refusing, within: GATTContractWorld.patience)
                }
                let write = try await world.expect(.attError, from: "writing") {
                    try await peripheral.write([1], to: EchoService.refusing, within: GATTContractWorld.patience)
                }
                try world.check(read.attError == 0xFE && write.attError == 0xFE, "errors \(read), \(write)")
            }
        },
        GATTContractCase("what the device does not have is said") { world in
            let other = BluetoothUUID(0x1234)
            try await world.expect(.servicesMissing, from: "connecting") {
                try await world.connected(services: [EchoService.service, other]) { _ in throw ContractBroken("the body ran") }
            }
            try await world.connected { peripheral in
                for id in [
                    CharacteristicID(service: EchoService.service, characteristic: other), CharacteristicID(service: other, characteristic: other),
                ] {
                    try await world.expect(.characteristicMissing, from: "reading") {
                        _ = try await peripheral.read(id, within: GATTContractWorld.patience)
                    }
                }
            }
        },
        GATTContractCase("values longer than the link allows are refused here") { world in
            try await world.connected { peripheral in
                let most = try await peripheral.maximumTransmissionUnit() - 3
                try world.check(most >= 20, "ATT_MTU \(most + 3)")
                let long = [UInt8](repeating: 1, count: most + 1)
                try await world.expect(.invalidLength, from: "writing") {
                    try await peripheral.write(long, to: EchoService.memory, within: GATTContractWorld.patience)
                }
                try await world.expect(.invalidLength, from: "commanding") {
                    try await peripheral.writeWithoutResponse(long, to: EchoService.command)
                }
                // No value has more than 512 bytes (Core 5.4, Vol 3, Part F, 3.2.9).
                if most > 512 {
                    try await world.expect(.invalidLength, from: "writing 513 bytes") {
                        try await peripheral.write(Array(long.prefix(513)), to: EchoService.memory, within: GATTContractWorld.patience)
                    }
                }
                try await peripheral.write(Array(long.prefix(min(most, 512))), to: EchoService.memory, within: GATTContractWorld.patience)
            }
        },
        GATTContractCase("commands are refused where the characteristic takes none") { world in
            try await world.connected { peripheral in
                _ = try await world.expect(.notSupported, from: "commanding") {
                    try await peripheral.writeWithoutResponse([1], to: EchoService.memory)
                }
            }
        },
        GATTContractCase("a link that the device closes ends everything on it, and the next one works") { world in
            try await world.connected { peripheral in
                try await peripheral.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 8) { stream in
                    try await peripheral.write([1], to: EchoService.echo, within: GATTContractWorld.patience)
                    let echo = try await stream.next()
                    try world.check(echo.count == 1 && Array(echo[0]) == [1], "echo")
                    // The answer may be faster than the link's end.
                    do { try await peripheral.write([1], to: EchoService.hangUp, within: GATTContractWorld.patience) } catch let error as GATTError {
                        try world.check([.disconnected, .authenticationFailed].contains(error.code), "hanging up: \(error)")
                    }
                    try await world.expect(.disconnected, from: "the stream") { _ = try await stream.next() }
                }
                try await world.expect(.disconnected, from: "reading afterwards") {
                    _ = try await peripheral.read(EchoService.memory, within: GATTContractWorld.patience)
                }
            }
            let again = try await world.connected { try await $0.read(EchoService.memory, within: GATTContractWorld.patience) }
            try world.check(again == EchoService.greeting, "read \(again)")
        },
        GATTContractCase("a link ends with the body, and its peripheral with it") { world in
            let kept = try await world.connected { $0 }
            try await world.device.told(.disconnected)
            try await world.expect(.disconnected, from: "reading afterwards") {
                _ = try await kept.read(EchoService.memory, within: GATTContractWorld.patience)
            }
            try await world.expect(.disconnected, from: "commanding afterwards") {
                try await kept.writeWithoutResponse([1], to: EchoService.command)
            }
            try await world.expect(.disconnected, from: "subscribing afterwards") {
                try await kept.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 1) { _ in }
            }
        },
        GATTContractCase("a cancelled connection leaves no link") { world in
            try await world.hear()
            let isConnected = WaitableState(false)
            let error = await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask {
                    do {
                        try await world.connected { peripheral in
                            isConnected.change { $0 = true }
                            try await peripheral.withValues(of: EchoService.echo, delivery: .privateSocket, capacity: 1) { _ = try await $0.next() }
                        }
                        return nil
                    } catch { return error }
                }
                try? await world.device.told(.subscribed(true, EchoService.echo))
                group.cancelAll()
                return await group.next() ?? nil
            }
            try world.check(error is CancellationError, "threw \(String(describing: error))")
            try await world.device.told(.disconnected)
            try await world.connected { _ in }
        },
        GATTContractCase("closing links when there are none does nothing") { world in
            try await world.central.closeLinks(to: [world.peer], on: world.adapter)
            try await world.connected { _ in }
        },
    ]
}
