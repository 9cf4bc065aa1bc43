internal import Drivers
internal import GATT
internal import Logging
internal import Recordings
internal import Synchronization

/// How one adapter meets a card, or pairs with one.
extension AdapterLoop {
    func meet(_ card: PairedCard) async {
        defer { bell.ring() }
        let (token, index) = state.withLock { ($0.plan.entries[card.id]?.hint?.token, $0.drivers[card.id] ?? 0) }
        let driver = shared.drivers[index]
        shared.publish(.connecting, of: card.id)
        do {
            try await checkBond(with: card)
            let sink = try await shared.registry.sink(for: card.id)
            try await shared.queueScreens(for: card.id)
            let context = shared.context(for: card) {
                self.state.withLock { $0.plan.used(card.id, at: self.shared.elapsed()) }
            } batteryIsLow: {
                self.state.withLock { $0.plan.batteryIsLow(of: card.id) }
            }
            var report = try await shared.central.withConnection(
                to: card.peer, on: address, services: [type(of: driver).service], within: shared.times.connect
            ) { link in
                self.linkStands(with: card.id)
                return try await driver.session(on: link, into: sink, context: context)
            }
            if case .link(let error) = report.end { report.end = .link(await explained(error)) }
            ended(card.id, report, token: token)
        } catch is CancellationError {
            interrupted(card.id)
        } catch let error as GATTError {
            let error = await explained(error)
            noLink(card.id, error)
            leave(because: error)
        } catch {
            ended(card.id, SessionReport(end: .custody(error as? CustodyError ?? .storage(String(describing: error)))), token: nil)
        }
    }

    /// Without a bond of our own making nobody knows who is at the other end; and bluetoothd would make one unasked as soon as the card
    /// wants it.
    private func checkBond(with card: PairedCard) async throws {
        guard try await shared.central.bondedPeers(on: address).contains(card.peer) else {
            throw GATTError(.authenticationFailed, "The host holds no bond with \(card.peer) any more.", failure: .oneSidedBond)
        }
        let foreign = try await noteForeignBonds()
        guard !foreign.contains(card.peer), state.withLock({ $0.plan.entries[card.id]?.card ?? card }).bondIsForeign == false else {
            throw GATTError(
                .authenticationFailed,
                "The bond with \(card.peer) was made anew by another program, and is not used: forget the card, then pair it again.",
                failure: .wrongAgent)
        }
    }

    /// What another program does to the bond of a card of ours is seen only while it happens: it is made durable at once, whether the card is near or not.
    ///
    /// - Returns: the peers with such a bond.
    @discardableResult func noteForeignBonds() async throws -> [DeviceAddress] {
        let foreign = try await shared.central.foreignBonds(on: address)
        guard !foreign.isEmpty else { return foreign }
        for card in state.withLock({ $0.plan.entries.values.map(\.card) }) where !card.bondIsForeign && foreign.contains(card.peer) {
            do {
                try await shared.registry.bondIsForeign(of: card.id)
            } catch let error as CancellationError {
                throw error
            } catch {
                // Refused all the same for as long as this process lives, and noted the next time.
                shared.logger.error("A foreign bond could not be noted", metadata: ["card": "\(card.id)", "reason": "\(error)"])
                continue
            }
            state.withLock { $0.plan.bondIsForeign(card.id) }
            shared.logger.warning(
                "Another program made the bond of a card anew: it is not used. Forget the card, then pair it again",
                metadata: ["card": "\(card.id)", "peer": "\(card.peer)"])
        }
        return foreign
    }

    /// A link that is lost with its adapter or its host looks at first like any other that is lost.
    private func explained(_ error: GATTError) async -> GATTError {
        guard error.code == .disconnected, error.failure == nil || error.failure == .deviceRemoved else { return error }
        do {
            let adapters = try await shared.central.adapters()
            return adapters.contains { $0.address == address } ? error : error.named(.adapterGone)
        } catch let reason as GATTError {
            return error.named(reason.failure ?? .hostRestarted)
        } catch {
            return GATTError(.disconnected, "The gateway is stopping.")
        }
    }

    private func noLink(_ card: CardID, _ error: GATTError) {
        let pause = state.withLock { state in
            state.attemptIsOver(on: card)
            state.endings += 1
            state.health.attemptFailed(on: card, error)
            return state.plan.failed(card, error, at: shared.elapsed())
        }
        shared.logger.notice("No session", metadata: ["card": "\(card)", "reason": "\(error)", "pause": "\(pause)"])
        shared.publish(.retry(reason: String(describing: error), after: pause), of: card)
    }

    /// The loop ends this meeting: its adapter is gone, or the gateway stops.
    private func interrupted(_ card: CardID) {
        state.withLock { state in
            state.attemptIsOver(on: card)
            state.plan.interrupted(card)
            state.health.unlinked(at: shared.elapsed())
            state.endings += 1
        }
    }

    private func linkStands(with card: CardID) {
        // Before anybody can ask this session to yield.
        shared.agendas.agenda(of: card).sessionBegins()
        state.withLock { state in
            state.attemptIsOver(on: card)
            state.health.linked()
            state.plan.linked(card, at: shared.elapsed())
        }
        shared.publish(.sessionStarted, of: card)
        bell.ring()
    }

    private func ended(_ card: CardID, _ report: SessionReport, token: UInt16?) {
        state.withLock { state in
            state.attemptIsOver(on: card)
            state.plan.ended(card, report, token: token, at: shared.elapsed())
            state.health.unlinked(at: shared.elapsed())
            state.endings += 1
            let agenda = shared.agendas.agenda(of: card)
            state.plan.actionWaits(!agenda.isEmpty, for: card, at: shared.elapsed())
            if agenda.shouldLook { state.plan.reopen(card, at: shared.elapsed()) }
        }
        shared.logger.info(
            "Session ended",
            metadata: ["card": "\(card)", "end": "\(report.end)", "bytes": "\(report.payloadBytes)", "stored": "\(report.recordingsStored)"])
        shared.publish(.sessionEnded(reason: String(describing: report.end), bytes: report.payloadBytes), of: card)
    }

    // MARK: - Pairing

    func pair(_ id: PairingID, _ request: PairingRequest, with device: DeviceAddress, driver index: Int) async {
        defer {
            shared.pairingTurn.end(address)
            state.withLock { $0.busy = .no }
            bell.ring()
        }
        let shared = shared
        do {
            _ = try await shared.desk.whileOpen(id) {
                let (card, event) = try await shared.enrolment.run(id, request, with: device, on: self.address, driver: shared.drivers[index])
                self.add(card)
                shared.adopted(card, self)
                shared.logger.info("Card paired", metadata: ["card": "\(card.id)", "device": "\(device)"])
                shared.desk.publish(event, of: id)
            }
        } catch is CancellationError {
            // The window has closed, and whoever closed it has said so; else the gateway is stopping.
            shared.desk.publish(.failed(reason: "The gateway is stopping.", fix: "Pair again when it runs."), of: id)
        } catch {
            shared.logger.notice("Pairing failed", metadata: ["device": "\(device)", "reason": "\(error)"])
            if Enrolment.isGuess(error) { shared.desk.tryFailed() }
            await shared.registry.pairingFailed(with: device, as: request.name, because: String(describing: error))
            shared.desk.publish(Enrolment.failure(error), of: id)
            if let error = error as? GATTError { leave(because: error) }
        }
    }
}
