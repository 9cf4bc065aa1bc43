extension MemoryLink {
    /// The device's host: makes all calls about this link, one after another, in the order of the air.
    func serve() async {
        let server = MemoryServerLink(link: self)
        await withTaskGroup { group in
            group.addTask { await self.answer(server) }
            group.addTask { _ = try? await self.ended() }
            // Whichever ends first: a call that is still under way when the link is gone is cancelled.
            _ = await group.next()
            group.cancelAll()
        }
        end(GATTError(.disconnected, "The link to \(peer) is gone."))
        await service.disconnected(server)
    }

    private func answer(_ server: MemoryServerLink) async {
        await service.connected(server)
        for characteristic in subscriptions.sorted(by: { $0.description < $1.description }) {
            await service.subscribed(true, to: characteristic, over: server)
        }
        var isPairing = false
        while let request = try? await state.when({ try $0.nextRequest() }) {
            switch request {
            case .pair: isPairing = true
            case .paired: isPairing = false
            default: break
            }
            await perform(request, over: server)
        }
        if isPairing { await service.paired(over: server, bonded: false) }
    }

    private func perform(_ request: Request, over server: MemoryServerLink) async {
        if faults.disturbances.isLost(.lossBeforeRequest, on: request.characteristic) {
            lose()
            return request.fail(lost)
        }
        do {
            switch request {
            case .read(let characteristic, let answer):
                try check(characteristic, for: [.read])
                respond(try await service.read(characteristic, over: server), to: answer, about: characteristic)
            case .write(let value, let characteristic, let answer):
                try check(characteristic, for: [.write])
                try await service.write(value, to: characteristic, request: true, over: server)
                respond([], to: answer, about: characteristic)
            case .command(let value, let characteristic):
                try check(characteristic, for: [.writeWithoutResponse])
                try await service.write(value, to: characteristic, request: false, over: server)
            case .subscribe(let isOn, let characteristic, let answer):
                try check(characteristic, for: [.notify, .indicate])
                state.change { state in
                    if isOn { state.subscriptions.insert(characteristic) } else { state.subscriptions.remove(characteristic) }
                }
                await service.subscribed(isOn, to: characteristic, over: server)
                respond([], to: answer, about: characteristic)
            case .pair(let answer):
                answer.succeed(try await service.pairing(over: server))
            case .paired(let isBonded, let answer):
                await service.paired(over: server, bonded: isBonded)
                answer.succeed([])
            }
        } catch let error as ATTError {
            request.fail(GATTError(error, of: peer))
        } catch is CancellationError {
            request.fail(GATTError(.disconnected, "The link to \(peer) is gone."))
        } catch {
            request.fail(error)
        }
    }

    private func respond(_ value: [UInt8], to answer: MemoryAnswer<[UInt8]>, about characteristic: CharacteristicID) {
        guard !faults.disturbances.isLost(.lossBeforeResponse, on: characteristic) else {
            lose()
            return answer.fail(lost)
        }
        answer.succeed(value)
        if faults.disturbances.isLost(.lossAfterResponse, on: characteristic) { lose() }
    }

    /// Any of the properties is enough; the security is the same for a value and its CCCD.
    private func check(_ characteristic: CharacteristicID, for properties: CharacteristicProperties) throws {
        guard let definition = definitions[characteristic] else {
            throw GATTError(.characteristicMissing, "\(peer) has no characteristic \(characteristic).")
        }
        guard !definition.properties.isDisjoint(with: properties) else {
            throw GATTError(.notSupported, "Characteristic \(characteristic) of \(peer) does not allow this.")
        }
        guard level >= definition.security else {
            throw level == .open ? ATTError.insufficientEncryption : ATTError.insufficientAuthentication
        }
    }
}

extension MemoryLink.State {
    fileprivate mutating func nextRequest() throws -> MemoryLink.Request? {
        if let end { throw end }
        return requests.isEmpty ? nil : requests.removeFirst()
    }
}

extension GATTError {
    /// An ATT error as a central's host reports it.
    fileprivate init(_ error: ATTError, of peer: DeviceAddress) {
        let code: Code =
            switch error {
            case .insufficientAuthentication, .insufficientEncryption: .authenticationFailed
            case .readNotPermitted, .writeNotPermitted, .requestNotSupported: .notSupported
            case .invalidLength: .invalidLength
            default: .attError
            }
        self.init(code, "\(peer) refused.", attError: error.code)
    }
}
