extension MemoryRadio {
    package func pair(
        with peer: DeviceAddress, on adapter: DeviceAddress, within: Duration,
        dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond {
        let isBonded = try air.change { air in air.adapters[try air.adapterIndex(adapter)].bonds[peer] != nil }
        guard !isBonded else { throw GATTError(.alreadyBonded, "\(peer) is bonded on \(adapter) already.") }
        let stopwatch = Stopwatch(clock)
        let link = try await connect(to: peer, on: adapter, within: within)
        return try await lend(link) {
            let method = try await withDeadline(within - stopwatch.elapsed, clock: self.clock) {
                try await Self.agree(over: link, dialogue: dialogue)
            }
            guard let method else { throw GATTError(.timedOut, "Pairing with \(peer) took longer than \(within).") }
            self.keepBond(method, of: link)
            let told = MemoryAnswer<[UInt8]>()
            try await link.hand(.paired(true, told))
            _ = try await told.value()
            return NewBond(peer: peer, method: method)
        }
    }

    /// What both sides say until they agree; when they do not, the device is told by the link's end.
    private static func agree(
        over link: MemoryLink, dialogue: @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> PairingMethod {
        let offered = MemoryAnswer<PairingOffer>()
        try await link.hand(.pair(offered))
        let offer: PairingOffer
        do {
            offer = try await offered.value()
        } catch is PairingRefused {
            throw GATTError(.pairingFailed, "\(link.peer) does not pair now: open its pairing mode.")
        }
        switch offer {
        case .displaysPasskey(let shown):
            guard case .passkey(shown) = await dialogue(.enterPasskey) else {
                throw GATTError(.pairingFailed, "The passkey was not the one that \(link.peer) shows.")
            }
            return .passkeyEntered
        case .comparesDigits:
            guard await compare(over: link, dialogue: dialogue) else {
                throw GATTError(.pairingFailed, "The digits here and on \(link.peer) were not said to be the same.")
            }
            return .numericComparison
        case .justWorks:
            guard await dialogue(.authorize) == .yes else {
                throw GATTError(.pairingFailed, "Pairing with \(link.peer) without a passkey was not allowed.")
            }
            return .justWorks
        }
    }

    /// Both users are asked at the same time; a no here ends the question there.
    private static func compare(over link: MemoryLink, dialogue: @Sendable (PairingQuestion) async -> PairingAnswer) async -> Bool {
        let question = PairingQuestion.confirm(UInt32(link.id % 1_000_000))
        async let device = link.service.answer(question, over: MemoryServerLink(link: link))
        guard await dialogue(question) == .yes else { return false }
        return await device == .yes
    }

    private func keepBond(_ method: PairingMethod, of link: MemoryLink) {
        air.change { air in
            guard let index = try? air.adapterIndex(link.central), let position = air.deviceIndex(link.peer) else { return }
            let bond = MemoryAir.Bond(key: air.makeNumber(), method: method)
            air.adapters[index].bonds[link.peer] = bond
            air.devices[position].device.bonds[link.central] = bond
            link.state.change { $0.level = bond.level }
        }
    }
}
