internal import DBus
internal import EventLoop
internal import GATT
internal import Logging

extension BlueZPeripheral {
    private static let subscribing: Duration = .seconds(30)
    private static let unsubscribing: Duration = .seconds(5)

    func withValues<R: Sendable>(
        of characteristic: CharacteristicID, delivery: ValueDelivery, capacity: Int,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        let found = try find(characteristic)
        guard found.notifies || (found.indicates && delivery == .sharedAllowed) else {
            throw GATTError(.notSupported, "Characteristic \(characteristic) of \(address) does not notify.")
        }
        let stream = ValueStream(capacity: capacity)
        try link.add(stream, for: characteristic)
        defer {
            link.removeStream(for: characteristic)
            stream.end(GATTError(.failed, "The subscription has ended."))
        }
        guard found.notifies else { return try await withSharedValues(of: found, into: stream, characteristic, body) }
        let slot: DescriptorSlot
        do {
            slot = try await acquire("AcquireNotify", found.path, as: .subscribing, "Subscribing to \(characteristic) of \(address)").0
        } catch let error as GATTError where delivery == .sharedAllowed && (error.code == .notificationsHeld || error.code == .notSupported) {
            return try await withSharedValues(of: found, into: stream, characteristic, body)
        }
        return try await withPrivateValues(of: found, from: slot, into: stream, body)
    }

    // MARK: A socket of our own

    private func withPrivateValues<R: Sendable>(
        of characteristic: HostCharacteristic, from slot: DescriptorSlot, into stream: ValueStream,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        guard let socket = slot.take() else { throw GATTError(.failed, "Subscribing on \(address) brought no socket.") }
        let peer = address
        let token: ReceiveLoop.Token
        do {
            token = try central.receive.add(socket) { Self.take($0, into: stream, of: peer) }
        } catch {
            throw GATTError(.failed, "The socket of a subscription on \(peer) cannot be watched.", cause: "\(error)")
        }
        let result: Result<R, any Error>
        do { result = .success(try await body(stream)) } catch { result = .failure(error) }
        // Before the socket is closed: later the subscription could be another program's already.
        if link.end == nil { await stopNotify(characteristic) }
        central.receive.remove(token)
        return try result.get()
    }

    /// On the receive thread: one hand-over for a batch.
    private static func take(_ event: borrowing ReceiveLoop.Event, into stream: ValueStream, of peer: DeviceAddress) {
        switch event {
        case .packets(let packets):
            var batch = ValueBatch()
            for position in 0..<packets.count { unsafe packets.withBytes(of: position) { unsafe batch.append($0) } }
            stream.put(batch)
        case .ended: stream.end(GATTError(.disconnected, "The link to \(peer) is gone: bluetoothd closed the socket of its values."))
        case .failed(let error): stream.end(GATTError(.disconnected, "Receiving values of \(peer) failed.", cause: "\(error)"))
        }
    }

    // MARK: The host's shared path

    /// ReadValue announces its value the same way: whoever reads the characteristic meanwhile, here or elsewhere, adds it.
    private func withSharedValues<R: Sendable>(
        of characteristic: HostCharacteristic, into stream: ValueStream, _ id: CharacteristicID,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        let rule = MatchRule(
            sender: link.owner, path: characteristic.path, interface: Interface.properties, member: "PropertiesChanged",
            argument0: Interface.characteristic)
        do {
            return try await central.bus.withObserver(matching: [rule]) { event in
                guard case .success(let signal) = event, signal.arguments.count == 3,
                    let value = signal.arguments[1].asProperties?["Value"]?.asBytes
                else { return }
                stream.put(value)
            } while: {
                try await startNotify(characteristic, id)
                let result: Result<R, any Error>
                do { result = .success(try await body(stream)) } catch { result = .failure(error) }
                // Also without a link: bluetoothd would subscribe again on the next one.
                await stopNotify(characteristic)
                return try result.get()
            }
        } catch let error as DBusError {
            try Task.checkCancellation()
            throw GATTError(error, .subscribing, "Subscribing to \(id) of \(address)")
        }
    }

    /// Leaves no subscription behind when it throws.
    private func startNotify(_ characteristic: HostCharacteristic, _ id: CharacteristicID) async throws {
        do {
            try await call(
                characteristic.path, "StartNotify", within: Self.subscribing, as: .subscribing, "Subscribing to \(id) of \(address)")
        } catch {
            // Not after a refusal: StopNotify would end what another program acquired.
            switch (error as? GATTError)?.code {
            case nil, .timedOut, .disconnected: await stopNotify(characteristic)
            default: break
            }
            throw error
        }
    }

    private func stopNotify(_ characteristic: HostCharacteristic) async {
        await uncancelled {
            do {
                try await central.call(
                    characteristic.path, Interface.characteristic, "StopNotify", of: link.owner, within: Self.unsubscribing, as: .other,
                    "Unsubscribing on \(address)")
            } catch {
                central.logger.debug("StopNotify was refused", metadata: ["peer": "\(address)", "reason": "\(error)"])
            }
        }
    }
}
