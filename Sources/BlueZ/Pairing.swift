internal import DBus
package import GATT
internal import Logging

extension BlueZCentral {
    private static let agentCall: Duration = .seconds(10)
    private static let agentPath = ObjectPath.root.appending("earshot").appending("agent")
    private static let agentManager = ObjectPath.root.appending("org").appending("bluez")
    /// How long bluetoothd may take to end a pairing whose question was refused: it does not end every one.
    private static let refusalIsTaken: Duration = .seconds(2)
    /// How long Bonded may come after the answer of Pair.
    private static let bondIsSeen: Duration = .seconds(5)

    /// The agent exists for this pairing only. The link is closed at the end, so that `withConnection` starts clean. One
    /// pairing at a time on one bluetoothd: `inProgress` otherwise.
    ///
    /// bluetoothd asks an initiator nothing when neither side can compare anything: `authorize` is asked after that, and
    /// anything but yes removes the bond again.
    package func pair(
        with peer: DeviceAddress, on adapter: DeviceAddress, within: Duration,
        dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond {
        let stopwatch = Stopwatch(ContinuousClock())
        let (path, owner) = try await mirror.claim { state in
            let (path, device) = try state.device(peer, on: adapter)
            guard !device.isBonded, !device.isPaired else { throw GATTError(.alreadyBonded, "\(peer) is bonded on \(adapter) already.") }
            guard !state.isPairing else { throw GATTError(.inProgress, "Another pairing is under way here.") }
            state.isPairing = true
            state.pairingPath = path
            return (path, state.owner ?? "")
        }
        let agent = PairingAgent(path: Self.agentPath, device: path, owner: owner, dialogue: dialogue)
        let result: Result<NewBond, any Error>
        do {
            try await pair(path, owner, peer, registering: agent, within: within - stopwatch.elapsed)
            result = .success(try await bond(with: path, peer, agent, within: within - stopwatch.elapsed, dialogue: dialogue))
        } catch {
            result = .failure(error)
        }
        agent.end()
        let isRefused = if case .failure = result { true } else { false }
        await uncancelled {
            await bus.unexport(agent.path)
            await disconnect(path, peer, of: owner)
            // What was agreed before the failure is not worth anything.
            if isRefused, let left = mirror.state.read({ $0.tree.devices[path] }), left.isBonded || left.isPaired {
                // By the address it goes by now: a private one has given way to the identity.
                do { try await forget(left.address, on: adapter) } catch {
                    logger.warning("A failed pairing left a bond", metadata: ["peer": "\(peer)", "reason": "\(error)"])
                }
            }
            mirror.state.change {
                $0.isPairing = false
                $0.pairingPath = nil
            }
        }
        return try result.get()
    }

    /// Pairs with the agent registered meanwhile, and sees to it that it was the one that could be asked.
    private func pair(
        _ path: ObjectPath, _ owner: String, _ peer: DeviceAddress, registering agent: PairingAgent, within: Duration
    ) async throws {
        var isRegistered = false
        let result: Result<Void, any Error>
        do {
            try await register(agent, owner)
            isRegistered = true
            result = .success(try await pair(path, owner, peer, with: agent, within: within))
        } catch {
            result = .failure(error)
        }
        let wasOurs = await uncancelled { await unregister(agent, owner) }
        if isRegistered, !wasOurs, agent.method == nil {
            try Task.checkCancellation()
            let cause = if case .failure(let error) = result { "\(error)" } else { String?.none }
            throw GATTError(.pairingFailed, "Pairing with \(peer): bluetoothd had lost our agent.", cause: cause, failure: .wrongAgent)
        }
        try result.get()
    }

    private func pair(
        _ path: ObjectPath, _ owner: String, _ peer: DeviceAddress, with agent: PairingAgent, within: Duration
    ) async throws {
        let what = "Pairing with \(peer)"
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    try await call(path, Interface.device, "Pair", of: owner, within: within, as: .pairing, what, missing: .unknownPeer)
                }
                group.addTask {
                    try await agent.untilRefused()
                    try await Task.sleep(for: Self.refusalIsTaken)
                    throw GATTError(.pairingFailed, "\(what) was refused here.")
                }
                try await group.next()
            }
        } catch {
            let (wasRefused, wasAsking) = (agent.isRefused, agent.isAsking)
            await uncancelled {
                // An error when the pairing is over already.
                _ = try? await call(
                    path, Interface.device, "CancelPairing", of: owner, within: Self.agentCall, as: .other, "Cancelling: \(what)")
            }
            guard let error = error as? GATTError else { throw error }
            if wasRefused { throw GATTError(.pairingFailed, "\(what) was refused here.", cause: error.cause) }
            if wasAsking, error.code == .pairingFailed, error.failure == nil {
                throw GATTError(
                    .pairingFailed, "The card ended the pairing before it was answered: it waits 30 s for the digits.", cause: error.cause)
            }
            throw error
        }
    }

    /// Asserts the bond, and asks whether Just Works was meant. bluetoothd has told the identity address by then: it comes before the key.
    private func bond(
        with path: ObjectPath, _ peer: DeviceAddress, _ agent: PairingAgent, within: Duration,
        dialogue: @escaping @Sendable (PairingQuestion) async -> PairingAnswer
    ) async throws -> NewBond {
        let identity = try await mirror.until(within: Self.bondIsSeen) { state -> DeviceAddress? in
            guard let device = state.tree.devices[path] else { throw GATTError(.pairingFailed, "bluetoothd forgot \(peer) during its pairing.") }
            return device.isPaired && device.isBonded ? device.address : nil
        }
        guard let identity else {
            throw GATTError(.pairingFailed, "\(peer) was paired but not bonded: the kernel may lack the ciphers of LE Secure Connections.")
        }
        if let method = agent.method { return NewBond(peer: identity, method: method) }
        let answer = try await withDeadline(max(.zero, within), clock: ContinuousClock()) { await dialogue(.authorize) }
        guard let answer else { throw GATTError(.timedOut, "Nobody answered whether \(peer) may be paired without a passkey.") }
        guard answer == .yes else { throw GATTError(.pairingFailed, "Pairing with \(peer) without a passkey was not allowed.") }
        return NewBond(peer: identity, method: .justWorks)
    }

    private func register(_ agent: PairingAgent, _ owner: String) async throws {
        do {
            try await bus.export([agent.interface], at: agent.path)
        } catch {
            throw GATTError(error, .pairing, "Exporting the pairing agent")
        }
        try await call(
            Self.agentManager, Interface.agentManager, "RegisterAgent", [.objectPath(agent.path), .string(PairingAgent.capability)],
            of: owner, within: Self.agentCall, as: .other, "Registering the pairing agent")
    }

    /// - Returns: false when bluetoothd had no agent of ours: then it asked another program's, or nobody's (src/agent.c, agent_get).
    private func unregister(_ agent: PairingAgent, _ owner: String) async -> Bool {
        do {
            _ = try await bus.call(
                owner, Self.agentManager, Interface.agentManager, "UnregisterAgent", [.objectPath(agent.path)], within: Self.agentCall)
            return true
        } catch {
            logger.debug("The agent was not unregistered", metadata: ["reason": "\(error)"])
            return BlueZError(name: error.name) != .doesNotExist
        }
    }

}
