internal import GATT

/// Pairing and what a bond allows.
enum GATTContractBonds {
    static let cases = [
        GATTContractCase("without a bond secured values are refused") { world in
            for id in [EchoService.secret, EchoService.vault] {
                try await world.expect(.authenticationFailed, from: "reading \(id)") {
                    _ = try await world.connected { try await $0.read(id, within: GATTContractWorld.patience) }
                }
            }
        },
        GATTContractCase("a typed passkey makes an authenticated bond that lasts") { world in
            let (method, asked) = try await world.pair(.passkey(EchoService.passkey))
            try world.check(method == .passkeyEntered && asked == [.enterPasskey], "\(method), asked \(asked)")
            try await world.device.told(.paired(true))
            let bonded = try await world.central.bondedPeers(on: world.adapter)
            try world.check(bonded == [world.peer], "bonded \(bonded)")
            try world.check(try await world.hear().isBonded, "the advertisement does not say that it is bonded")
            for _ in 1...2 {
                try await world.connected { peripheral in
                    let secret = try await peripheral.read(EchoService.secret, within: GATTContractWorld.patience)
                    try world.check(secret == Array("secret".utf8), "secret \(secret)")
                    let vault = try await peripheral.read(EchoService.vault, within: GATTContractWorld.patience)
                    try world.check(vault == Array("vault".utf8), "vault \(vault)")
                    try await peripheral.withValues(of: EchoService.vault, delivery: .privateSocket, capacity: 4) { _ in }
                }
            }
        },
        GATTContractCase("a wrong passkey makes no bond") { world in
            try await world.expect(.pairingFailed, from: "a wrong passkey") { _ = try await world.pair(.passkey(EchoService.passkey + 1)) }
            try await world.expect(.pairingFailed, from: "no passkey") { _ = try await world.pair(.no) }
            try await Self.checkNoBond(world)
        },
        GATTContractCase("a device that does not pair now says so") { world in
            // bluetoothd tells of nobody that is not discoverable, unless it knows him.
            try await world.hear()
            world.device.setOffer(nil)
            // This is heard once the device's host knows that nobody pairs.
            world.device.advertise([0, 0, 0, 1])
            try await world.hear { $0.manufacturerData[0xFFFF] == [0, 0, 0, 1] }
            try await world.expect(.pairingFailed, from: "pairing") { _ = try await world.pair(.passkey(EchoService.passkey)) }
            try await Self.checkNoBond(world)
        },
        GATTContractCase("digits that both users call the same make an authenticated bond") { world in
            world.device.setOffer(.comparesDigits)
            let (method, asked) = try await world.pair(.yes)
            let shown = try await world.device.shownPasskey()
            try world.check(method == .numericComparison && asked == [.confirm(shown)], "\(method), asked \(asked), the device shows \(shown)")
            let vault = try await world.connected { try await $0.read(EchoService.vault, within: GATTContractWorld.patience) }
            try world.check(vault == Array("vault".utf8), "vault \(vault)")
        },
        GATTContractCase("digits that one user calls different make no bond") { world in
            world.device.setOffer(.comparesDigits)
            try await world.expect(.pairingFailed, from: "a no here") { _ = try await world.pair(.no) }
            try await Self.checkNoBond(world)
            world.device.setSame(false)
            try await world.expect(.pairingFailed, from: "a no there") { _ = try await world.pair(.yes) }
            try await Self.checkNoBond(world)
        },
        GATTContractCase("Just Works is asked for, named, and no authenticated bond") { world in
            world.device.setOffer(.justWorks)
            let (method, asked) = try await world.pair(.yes)
            try world.check(method == .justWorks && asked == [.authorize], "\(method), asked \(asked)")
            let secret = try await world.connected { try await $0.read(EchoService.secret, within: GATTContractWorld.patience) }
            try world.check(secret == Array("secret".utf8), "secret \(secret)")
            try await world.expect(.authenticationFailed, .disconnected, from: "an authenticated value") {
                _ = try await world.connected { try await $0.read(EchoService.vault, within: GATTContractWorld.patience) }
            }
        },
        GATTContractCase("Just Works that nobody allows makes no bond") { world in
            world.device.setOffer(.justWorks)
            try await world.expect(.pairingFailed, from: "pairing") { _ = try await world.pair(.no) }
            try await Self.checkNoBond(world)
        },
        GATTContractCase("a second pairing is refused until the first is forgotten") { world in
            _ = try await world.pair(.passkey(EchoService.passkey))
            try await world.expect(.alreadyBonded, from: "pairing again") { _ = try await world.pair(.passkey(EchoService.passkey)) }
            try await world.central.forget(world.peer, on: world.adapter)
            try await world.central.forget(world.peer, on: world.adapter)
            try await Self.checkNoBond(world)
        },
        GATTContractCase("a pairing that nobody answers ends within its time") { world in
            try await world.hear()
            try await world.expect(.timedOut, .pairingFailed, from: "pairing") {
                _ = try await world.central.pair(with: world.peer, on: world.adapter, within: .milliseconds(500)) { _ in
                    // Until the pairing is given up: the dialogue's task is cancelled or the answer dropped.
                    try? await world.device.told(.paired(true))
                    return .no
                }
            }
            try await Self.checkNoBond(world)
        },
    ]

    private static func checkNoBond(_ world: GATTContractWorld) async throws {
        let bonded = try await world.central.bondedPeers(on: world.adapter)
        try world.check(bonded.isEmpty, "bonded \(bonded)")
        try world.check(try await !world.hear().isBonded, "the advertisement says that it is bonded")
    }
}
