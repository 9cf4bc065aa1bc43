internal import DBus
internal import GATT

/// Device1.Pair and CancelPairing: what is asked of the caller's agent, and what becomes of the answer.
extension Bluetoothd {
    private enum Outcome: Sendable {
        case agreed(AttributeSecurity)
        case refused
        case canceled
    }

    func pair(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let device = try device(at: call.path)
        device.isTemporary = false
        guard device.pairing == nil else { throw DBusError.inProgress }
        guard device.bond == nil else { throw DBusError.alreadyExists }
        let pairing = Device.Pairing(requester: call.sender)
        device.pairing = pairing
        defer { device.pairing = nil }
        let link: Link
        if let open = device.link {
            link = open
        } else {
            do {
                link = try await establish(device)
            } catch {
                throw pairing.isCancelled.read { $0 } ? DBusError.authenticationCanceled : DBusError.failed("Software caused connection abort")
            }
        }
        if faults.strikes(.wrongAgent) { agents.remove(call.sender) }
        let outcome = await agree(with: agents.agent(for: call.sender), on: device.path, over: link, unless: pairing.isCancelled)
        guard case .agreed(let level) = outcome, device.link === link, !link.hasEnded, !device.isGone else {
            _ = await link.ask(.paired(false))
            if !device.isTrusted {
                device.isTemporary = true
                device.lastHeard = stopwatch.elapsed
            }
            if case .refused = outcome { throw DBusError.authenticationFailed }
            throw DBusError.authenticationCanceled
        }
        if let identity = card(of: device)?.identity { await announce(device.resolve(to: identity), of: device) }
        await keepBond(level, of: device, over: link)
        _ = await link.ask(.paired(true))
        await announce(["Bonded": .boolean(true)], of: device)
        _ = await untilResolved(device, over: link)
        await announce(["Paired": .boolean(true)], of: device)
        await readBattery(of: device, over: link)
        return []
    }

    func cancelPairing(_ call: DBusMethodCall) async throws -> [DBusValue] {
        guard let pairing = try device(at: call.path).pairing else { throw DBusError.doesNotExist }
        pairing.isCancelled.change { $0 = true }
        return []
    }

    private func keepBond(_ level: AttributeSecurity, of device: Device, over link: Link) async {
        let key = UInt64.random(in: 1...UInt64.max)
        let bond = BondTable.CentralBond(key: key, level: level, name: device.name, isTrusted: device.isTrusted)
        let pair = BondTable.Pair(central: link.central, card: device.address)
        device.bond = bond
        bonds.centrals[pair] = bond
        bonds.cards[pair] = BondTable.CardBond(key: key, level: level, subscriptions: link.subscriptions)
        link.changeSecurity(to: level)
        await saveBonds()
    }

    /// What both sides say until they agree. Ends early when the link does, and after the time that SMP allows.
    private func agree(
        with agent: AgentRegistry.Agent?, on path: ObjectPath, over link: Link, unless isCancelled: WaitableState<Bool>
    ) async -> Outcome {
        await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await self.converse(with: agent, on: path, over: link) }
            group.addTask {
                await link.ended()
                return Task.isCancelled ? nil : .canceled
            }
            group.addTask { (try? await isCancelled.when { $0 ? Outcome.canceled : nil }) }
            group.addTask {
                guard (try? await self.stopwatch.sleep(for: self.settings.pairingTimeout)) != nil else { return nil }
                // The kernel drops the link, and that is what bluetoothd tells.
                link.end()
                return .canceled
            }
            let outcome = await group.next() ?? nil
            group.cancelAll()
            return outcome ?? .canceled
        }
    }

    /// A device that shows a passkey and an agent with a keyboard: passkey entry. One that compares and an agent with a screen: numeric comparison.
    /// Everything else is Just Works, which needs an agent too, but asks it nothing, since the client itself called Pair.
    private func converse(with agent: AgentRegistry.Agent?, on path: ObjectPath, over link: Link) async -> Outcome {
        switch await link.ask(.pair) {
        case .offer(let offer):
            guard let agent else { return .refused }
            switch offer {
            case .displaysPasskey(let shown) where agent.capability.hasKeyboard:
                return await requestPasskey(from: agent, on: path) == shown ? .agreed(.authenticated) : .refused
            case .comparesDigits where agent.capability.comparesDigits:
                return await compare(with: agent, on: path, over: link) ? .agreed(.authenticated) : .refused
            case .displaysPasskey, .comparesDigits, .justWorks: return .agreed(.encrypted)
            }
        case .refused, .error, .done: return .refused
        case .gone: return .canceled
        }
    }

    /// Both users are asked at the same time whether they see the same digits; the first no ends it.
    private func compare(with agent: AgentRegistry.Agent, on path: ObjectPath, over link: Link) async -> Bool {
        guard let service = cards[link.peer]?.service else { return false }
        let digits = UInt32.random(in: 0...999_999)
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.ask(agent, "RequestConfirmation", [.objectPath(path), .uint32(digits)]) != nil }
            group.addTask { await service.answer(.confirm(digits), over: link) == .yes }
            defer { group.cancelAll() }
            for await isSame in group where !isSame { return false }
            return true
        }
    }

    private func requestPasskey(from agent: AgentRegistry.Agent, on path: ObjectPath) async -> UInt32? {
        guard case .uint32(let passkey)? = await ask(agent, "RequestPasskey", [.objectPath(path)])?.first else { return nil }
        return passkey
    }

    /// - Returns: nil when it refused, or did not answer in time.
    private func ask(_ agent: AgentRegistry.Agent, _ method: String, _ arguments: [DBusValue]) async -> [DBusValue]? {
        do {
            return try await bus.call(agent.owner, agent.path, Interface.agent, method, arguments, within: .seconds(60))
        } catch {
            if error.kind == .cancelled {
                // The pairing ended before the person answered.
                work.add { [bus] in _ = try? await bus.call(agent.owner, agent.path, Interface.agent, "Cancel", within: .seconds(10)) }
            }
            return nil
        }
    }

    // MARK: AgentManager1

    func registerAgent(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let path = try call.arguments.argument(0, "an object path", \.asPath)
        try agents.register(path, capability: try call.arguments.argument(1, "text", \.asString), by: call.sender)
        return []
    }

    func unregisterAgent(_ call: DBusMethodCall) async throws -> [DBusValue] {
        try agents.unregister(try call.arguments.argument(0, "an object path", \.asPath), by: call.sender)
        return []
    }

    func requestDefaultAgent(_ call: DBusMethodCall) async throws -> [DBusValue] {
        try agents.makeDefault(try call.arguments.argument(0, "an object path", \.asPath), by: call.sender)
        return []
    }
}
