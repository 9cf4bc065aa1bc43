package import GATT

/// What the contract suite needs of a conformer of `Central`: one powered adapter, one echoing device in range, no bond.
package struct GATTContractWorld: Sendable {
    package let central: any Central
    package let adapter: DeviceAddress
    package let peer: DeviceAddress
    package let device: EchoService
    /// The digits that the device shows: a real controller draws them.
    private let passkey: @Sendable () async throws -> UInt32

    package init(
        central: any Central, adapter: DeviceAddress, peer: DeviceAddress, device: EchoService,
        passkey: @escaping @Sendable () async throws -> UInt32 = { EchoService.passkey }
    ) {
        self.central = central
        self.adapter = adapter
        self.peer = peer
        self.device = device
        self.passkey = passkey
    }

    /// A bound for whatever ends by itself; never waited out.
    static let patience = Duration.seconds(30)

    /// Waits until the device is heard, as every host must hear a device before it can be connected.
    @discardableResult
    func hear(_ isWanted: @escaping @Sendable (Advertisement) -> Bool = { _ in true }) async throws -> Advertisement {
        try await central.withDiscovery(of: [EchoService.service], on: adapter) { [peer] stream in
            while true {
                let found = try await stream.next()
                if found.peer == peer, isWanted(found) { return found }
            }
        }
    }

    func connected<R: Sendable>(
        services: Set<BluetoothUUID> = [EchoService.service], _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R {
        try await hear()
        return try await central.withConnection(to: peer, on: adapter, services: services, within: Self.patience, body)
    }

    /// Pairs, answering every question with `answer`; a passkey is as far from the one that the device shows as it is from `EchoService.passkey`.
    ///
    /// - Returns: how, and what was asked.
    func pair(_ answer: PairingAnswer) async throws -> (PairingMethod, [PairingQuestion]) {
        try await hear()
        let asked = WaitableState<[PairingQuestion]>([])
        let bond = try await central.pair(with: peer, on: adapter, within: Self.patience) { question in
            asked.change { $0.append(question) }
            guard case .passkey(let typed) = answer, let shown = try? await passkey() else { return answer }
            return .passkey((shown + typed - EchoService.passkey) % 1_000_000)
        }
        try check(bond.peer == peer, "the bond is with \(bond.peer)")
        return (bond.method, asked.read { $0 })
    }

    /// Runs `body` and checks that it throws a `GATTError` of this code.
    @discardableResult
    func expect(_ codes: GATTError.Code..., from what: String, _ body: () async throws -> Void) async throws -> GATTError {
        do {
            try await body()
        } catch let error as GATTError where codes.contains(error.code) {
            return error
        } catch {
            throw ContractBroken("\(what) should throw \(codes.map(\.rawValue)) and threw \(error)")
        }
        throw ContractBroken("\(what) should throw \(codes.map(\.rawValue)) and threw nothing")
    }

    func check(_ isTrue: Bool, _ what: String) throws {
        guard isTrue else { throw ContractBroken(what) }
    }
}

/// The conformer does not do what `Central` and `Peripheral` say.
package struct ContractBroken: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// One promise of `Central` and `Peripheral` with the steps that prove it.
package struct GATTContractCase: Sendable, CustomStringConvertible {
    package let description: String
    package let run: @Sendable (GATTContractWorld) async throws -> Void

    init(_ description: String, _ run: @escaping @Sendable (GATTContractWorld) async throws -> Void) {
        self.description = description
        self.run = run
    }
}

/// Everything that every conformer must pass, each case in a world of its own.
package enum GATTContract {
    package static let cases = GATTContractLinks.cases + GATTContractValues.cases + GATTContractBonds.cases
}
