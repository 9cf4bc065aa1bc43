internal import Drivers
internal import GATT
internal import Logging
internal import Recordings
internal import Synchronization

/// How one adapter listens for cards, and what is done when it hears nothing any more.
extension AdapterLoop {
    /// Addresses are for the asking: whoever makes them up takes no more memory than this many devices.
    private static let mostPairable = 64

    /// Listens for one turn, or until there is something else to do. A discovery that cannot be begun is tried again after a pause.
    ///
    /// A discovery tells of each card once and of what changed, so that cards that stay are heard anew in each turn. While a person pairs, it
    /// tells of everything that is heard.
    func listen() async throws {
        let isPairing = shared.desk.wish != nil
        let endings = state.withLock { state in
            state.isScanning = true
            state.pairable = [:]
            return state.endings
        }
        defer {
            state.withLock { state in
                state.isScanning = false
                state.health.stoppedListening(at: shared.elapsed())
            }
        }
        do {
            try await noteForeignBonds()
            // Who pairs is told of recorders of others, too.
            let services = isPairing ? [] : Set(shared.drivers.map { type(of: $0).service })
            try await discover(services, repeats: isPairing) { stream in
                let start = self.shared.elapsed()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await stream.handOver { self.heard($0) } }
                    group.addTask {
                        try await self.somethingElseToDo(than: endings, isPairing, since: start)
                        self.turnIsOver(since: start)
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch let error as GATTError {
            leave(because: error)
            guard error.code != .hostUnavailable, error.code != .adapterUnavailable else { return }
            let failures = state.withLock { $0.health.discoveryFailed() }
            let pause = BackOff.after(.link(error), failures: failures)
            shared.logger.notice("Cannot listen", metadata: ["adapter": "\(address)", "reason": "\(error)", "pause": "\(pause)"])
            mayTake(pause)
            try await shared.clock.sleep(for: pause)
        }
    }

    /// A turn that was not cut short tells who is away. Then others get the air, and nobody is woken, unless something is expected.
    private func turnIsOver(since start: Duration) {
        let now = shared.elapsed()
        state.withLock { state in
            guard now - start >= turn(state.plan, at: now) else { return }
            state.plan.listened(since: start)
            state.restsUntil = now + shared.times.rest
        }
    }

    private func discover(
        _ services: Set<BluetoothUUID>, repeats: Bool, _ body: @concurrent @Sendable @escaping (AdvertisementStream) async throws -> Void
    ) async throws {
        try await shared.central.withDiscovery(of: services, on: address, repeats: repeats) { stream in
            self.state.withLock { $0.health.listens(at: self.shared.elapsed()) }
            try await body(stream)
        }
    }

    private func turn(_ plan: MeetingPlan, at now: Duration) -> Duration {
        plan.isAttentive(at: now) ? shared.times.listen : shared.times.quietListen
    }

    /// Returns when the next step is not to listen, or the turn is over.
    private func somethingElseToDo(than endings: Int, _ isPairing: Bool, since start: Duration) async throws {
        while true {
            try Task.checkCancellation()
            let wish = shared.desk.wish
            let (decision, end, look) = state.withLock { state -> (MeetingPlan.Decision?, Duration, Duration?) in
                let now = shared.elapsed()
                let end = start + turn(state.plan, at: now)
                if state.endings != endings || state.busy != .no || state.absence != nil { return (nil, end, nil) }
                if let wish, state.pairable.contains(where: { wish.wants($0.key, $0.value.name) }),
                    shared.pairingTurn.mayTake(address, at: now)
                {
                    return (nil, end, nil)
                }
                if now >= end || isPairing != (wish != nil) { return (nil, end, nil) }
                let look = state.plan.links == 0 ? state.health.nextLook(at: now) : nil
                if let look, look <= now { return (nil, end, nil) }
                return (state.plan.decide(at: now), end, look)
            }
            switch decision {
            case .askToYield(let card): shared.agendas.agenda(of: card).askToYield()
            case .listen(let until):
                let time = [until, look].compactMap({ $0 }).reduce(end, min)
                _ = try await withDeadline(max(.zero, time - shared.elapsed()), clock: shared.clock) { await self.bell.wait() }
            case .meet, nil: return
            }
        }
    }

    /// Called where the advertisement comes from, the bus thread for one.
    private func heard(_ advertisement: Advertisement) {
        let known = state.withLock { $0.plan.entries.values.first { $0.card.peer == advertisement.peer }?.card }
        guard let (index, hint) = recognized(advertisement, known) else {
            state.withLock { $0.health.heardAnything(at: shared.elapsed()) }
            guard let wish = shared.desk.wish, let foreign = ForeignRecorder.known(by: advertisement) else { return }
            return tellOther(advertisement, kind: foreign.kind, missing: foreign.missing, wish)
        }
        state.withLock { $0.health.heardCard(at: shared.elapsed()) }
        if let known {
            let isNews = state.withLock { state in
                state.drivers[known.id] = index
                return state.plan.heard(known.id, hint: hint, rssi: advertisement.rssi, at: shared.elapsed())
            }
            // Most often it is none, and nobody is woken for it.
            if isNews {
                shared.publish(.seen(rssi: advertisement.rssi), of: known.id)
                bell.ring()
            }
        }
        if let wish = shared.desk.wish {
            heardWhilePairing(advertisement, hint, known, driver: index, wish)
            bell.ring()
        }
    }

    /// Whose card it is by what it advertises. Of a card that is bonded here the host may tell the services that its last link found instead, which
    /// may have been none, or those of another table: then it is who it was.
    private func recognized(_ advertisement: Advertisement, _ known: PairedCard?) -> (Int, CardHint)? {
        for (index, driver) in shared.drivers.enumerated() {
            if let hint = type(of: driver).hint(in: advertisement) { return (index, hint) }
        }
        guard let known, advertisement.isBonded else { return nil }
        let index = state.withLock { $0.drivers[known.id] } ?? 0
        guard shared.drivers.indices.contains(index) else { return nil }
        let driver = type(of: shared.drivers[index])
        return driver.hint(in: advertisement.offering(driver.service)).map { (index, $0) }
    }

    private func heardWhilePairing(_ advertisement: Advertisement, _ hint: CardHint, _ known: PairedCard?, driver: Int, _ wish: PairingDesk.Wish) {
        switch (known, hint.inPairingMode) {
        case (let card?, true):
            // Whoever opened pairing mode wants something: most likely the card has lost or removed its side of the bond.
            tellOther(
                advertisement, kind: "paired card",
                missing: "paired here as \(card.name): run earshot forget \(card.name) first, if the card has lost its side of the bond", wish)
        case (_?, false): break
        case (nil, false): tellOther(advertisement, kind: "recorder card", missing: "not in pairing mode: open it on the card", wish)
        case (nil, true):
            let isMeant = wish.wants(advertisement.peer, advertisement.name)
            state.withLock { state in
                guard isMeant || state.pairable.count < Self.mostPairable else { return }
                state.pairable[advertisement.peer] = (advertisement.name, driver)
            }
            shared.desk.publish(.found(address: advertisement.peer, name: advertisement.name, rssi: advertisement.rssi), of: wish.id)
        }
    }

    private func tellOther(_ advertisement: Advertisement, kind: String, missing: String, _ wish: PairingDesk.Wish) {
        shared.desk.publish(
            .other(address: advertisement.peer, name: advertisement.name, rssi: advertisement.rssi, kind: kind, missing: missing), of: wish.id)
    }

    // MARK: - Recovery

    /// Carries a remedy out. Nothing else uses the adapter meanwhile.
    func recover(_ remedy: AdapterHealth.Remedy) async throws {
        defer { state.withLock { if $0.busy == .recovering { $0.busy = .no } } }
        do {
            switch remedy {
            case .listenToAll: try await probe()
            case .powerCycle(let reason): try await cycle(for: reason)
            }
        } catch let error as GATTError {
            leave(because: error)
            guard error.code != .hostUnavailable, error.code != .adapterUnavailable else { return }
            state.withLock { $0.health.cycleFailed(at: shared.elapsed()) }
            tell("The adapter did not recover", error.named(error.failure ?? .adapterHung))
        }
    }

    private func probe() async throws {
        shared.logger.notice("No card is heard: listening to everything", metadata: ["adapter": "\(address)"])
        defer { state.withLock { $0.health.stoppedListening(at: shared.elapsed()) } }
        let heard = WaitableState<Advertisement?>(nil)
        try await discover([], repeats: true) { stream in
            _ = try await withDeadline(self.shared.times.probe, clock: self.shared.clock) {
                let first = try await stream.next()
                self.heard(first)
                heard.change { $0 = first }
            }
        }
        guard let first = heard.read({ $0 }) else { return state.withLock { $0.health.probeWasSilent() } }
        guard shared.drivers.contains(where: { type(of: $0).hint(in: first) != nil }) else { return }
        tell(
            "Cards are heard again", GATTError(.failed, "Listening on \(address) brought nothing until it was begun again.", failure: .scanNotResumed)
        )
    }

    private func cycle(for reason: FailureClass) async throws {
        tell("The adapter is switched off and on", GATTError(.failed, "Adapter \(address).", failure: reason))
        try await shared.central.setPower(false, of: address)
        try await shared.central.setPower(true, of: address)
        state.withLock { $0.health.cycled(for: reason, at: shared.elapsed()) }
    }

    /// Says aloud what becomes of the adapter.
    private func tell(_ what: Logger.Message, _ reason: GATTError) {
        shared.logger.warning(what, metadata: ["adapter": "\(address)", "reason": "\(reason)"])
        shared.publish(.adapter(state: "\(what): \(reason)"), of: nil)
    }
}
