internal import GATT

/// What a central asks over a link, and the card's host that answers it.
extension Link {
    /// Commands that may wait for the card. What comes on top is lost, as Write Commands may be.
    private static let commandQueue = 512

    /// Asks and waits for the answer. Ends early with `gone` when the link ends.
    func ask(_ operation: LinkRequest.Operation) async -> LinkAnswer {
        await withCheckedContinuation { continuation in
            let isGone = state.change { state in
                guard !state.hasEnded else { return true }
                state.lastRequest += 1
                state.requests.append(LinkRequest(id: state.lastRequest, operation: operation))
                state.answers[state.lastRequest] = continuation
                return false
            }
            if isGone { continuation.resume(returning: .gone) }
        }
    }

    /// Hands over a request that nobody waits for.
    func tell(_ operation: LinkRequest.Operation) {
        state.change { state in
            guard !state.hasEnded, state.requests.count < Self.commandQueue else { return }
            state.requests.append(LinkRequest(id: 0, operation: operation))
        }
    }

    // MARK: The card's host

    /// Makes all calls to the card about this link, one after another, from connected to disconnected.
    func serve(_ service: any LocalService) async {
        await withTaskGroup { group in
            group.addTask { await self.answerRequests(to: service) }
            group.addTask { await self.ended() }
            // Whichever ends first: a call that is still under way when the link is gone is cancelled.
            await group.next()
            group.cancelAll()
        }
        end()
        await service.disconnected(self)
    }

    private func answerRequests(to service: any LocalService) async {
        await service.connected(self)
        for characteristic in subscriptions.sorted(by: { $0.description < $1.description }) {
            await service.subscribed(true, to: characteristic, over: self)
        }
        var isPairing = false
        while let request = try? await state.when({ $0.nextRequest() }) {
            switch request.operation {
            case .pair: isPairing = true
            case .paired: isPairing = false
            default: break
            }
            let answer = await perform(request.operation, on: service)
            let continuation = state.change { $0.answers.removeValue(forKey: request.id) }
            continuation?.resume(returning: answer)
        }
        if isPairing { await service.paired(over: self, bonded: false) }
    }

    private func perform(_ operation: LinkRequest.Operation, on service: any LocalService) async -> LinkAnswer {
        do {
            if state.read(\.isStale), operation.hasHandle { throw ATTError.invalidHandle }
            switch operation {
            case .read(let characteristic):
                try check(characteristic, for: .read, otherwise: .readNotPermitted)
                return .done(try await service.read(characteristic, over: self))
            case .write(let value, let characteristic):
                try check(characteristic, for: .write, otherwise: .writeNotPermitted)
                try await service.write(value, to: characteristic, request: true, over: self)
            case .command(let value, let characteristic):
                try check(characteristic, for: .writeWithoutResponse, otherwise: .writeNotPermitted)
                try await service.write(value, to: characteristic, request: false, over: self)
            case .subscribe(let isOn, let characteristic):
                // The stack's own Service Changed.
                guard definitions[characteristic] != nil else { break }
                try check(characteristic, for: [.notify, .indicate], otherwise: .writeNotPermitted)
                state.change { state in
                    if isOn { state.subscriptions.insert(characteristic) } else { state.subscriptions.remove(characteristic) }
                }
                await service.subscribed(isOn, to: characteristic, over: self)
            case .pair:
                return .offer(try await service.pairing(over: self))
            case .paired(let isBonded):
                await service.paired(over: self, bonded: isBonded)
            }
            return .done([])
        } catch let error as ATTError {
            return .error(error.code)
        } catch is PairingRefused {
            return .refused
        } catch {
            return .error(ATTError.unlikelyError.code)
        }
    }

    /// Any of the properties is enough; the security is the same for a value and its CCCD.
    private func check(_ characteristic: CharacteristicID, for properties: CharacteristicProperties, otherwise refused: ATTError) throws(ATTError) {
        guard let definition = definitions[characteristic], !definition.properties.isDisjoint(with: properties) else { throw refused }
        guard level >= definition.security else { throw .insufficientAuthentication }
    }
}

extension Link.State {
    /// nil: none that gets through now. An ended link's task is cancelled.
    fileprivate mutating func nextRequest() -> LinkRequest? { requests.isEmpty || isOutOfRange ? nil : requests.removeFirst() }
}
