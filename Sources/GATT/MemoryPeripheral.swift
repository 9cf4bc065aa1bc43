/// The central's view of a link in memory.
struct MemoryPeripheral: Peripheral {
    let link: MemoryLink

    var address: DeviceAddress { link.peer }

    func maximumTransmissionUnit() async throws -> Int {
        if let end = link.state.read(\.end) { throw end }
        return link.maximumTransmissionUnit
    }

    func read(_ characteristic: CharacteristicID, within: Duration) async throws -> [UInt8] {
        try await ask("Reading \(characteristic)", within: within) { .read(characteristic, $0) }
    }

    func write(_ value: [UInt8], to characteristic: CharacteristicID, within: Duration) async throws {
        try checkLength(value)
        // No value is longer (Core 5.4, Vol 3, Part F, 3.2.9): the peer refuses it.
        guard value.count <= 512 else { throw GATTError(.invalidLength, "A value of \(value.count) bytes is longer than 512.") }
        _ = try await ask("Writing \(characteristic)", within: within) { .write(value, characteristic, $0) }
    }

    func writeWithoutResponse(_ value: [UInt8], to characteristic: CharacteristicID) async throws {
        try checkLength(value)
        guard link.definitions[characteristic]?.properties.contains(.writeWithoutResponse) == true else {
            throw GATTError(.notSupported, "Characteristic \(characteristic) of \(address) takes no commands.")
        }
        try link.state.change { state in
            if let end = state.end { throw end }
            guard state.requests.count < MemoryLink.requestQueue else { throw GATTError(.overflow, "Too many commands wait for \(address).") }
            state.requests.append(.command(value, characteristic))
        }
    }

    func withValues<R: Sendable>(
        of characteristic: CharacteristicID, delivery: ValueDelivery, capacity: Int,
        _ body: @concurrent @Sendable (ValueStream) async throws -> R
    ) async throws -> R {
        let properties = link.definitions[characteristic]?.properties
        if delivery == .privateSocket, let properties, !properties.contains(.notify) {
            throw GATTError(.notSupported, "Characteristic \(characteristic) of \(address) does not notify.")
        }
        let stream = ValueStream(capacity: capacity)
        try link.state.change { state in
            if let end = state.end { throw end }
            guard state.stream(of: characteristic) == nil else {
                throw GATTError(.notificationsHeld, "Values of \(characteristic) are being received already.")
            }
            state.streams.append((characteristic, stream))
        }
        defer {
            link.state.change { $0.streams.removeAll { $0.characteristic == characteristic } }
            stream.end(GATTError(.failed, "The subscription has ended."))
        }
        _ = try await ask("Subscribing to \(characteristic)", within: Self.subscribing) { .subscribe(true, characteristic, $0) }
        do {
            let result = try await body(stream)
            try? await unsubscribe(characteristic)
            return result
        } catch {
            try? await unsubscribe(characteristic)
            throw error
        }
    }

    /// A bound for writing a CCCD: the ATT transaction timeout (Core 5.4, Vol 3, Part F, 3.3.3).
    private static let subscribing: Duration = .seconds(30)

    /// Not waited for: the task may be cancelled already, and the order of requests is kept anyway.
    private func unsubscribe(_ characteristic: CharacteristicID) async throws {
        try link.state.change { state in
            if let end = state.end { throw end }
            state.requests.append(.subscribe(false, characteristic, MemoryAnswer()))
        }
    }

    private func ask(
        _ what: String, within: Duration, _ request: (MemoryAnswer<[UInt8]>) -> MemoryLink.Request
    ) async throws -> [UInt8] {
        let answer = MemoryAnswer<[UInt8]>()
        let request = request(answer)
        let value = try await withDeadline(within, clock: link.clock) {
            try await link.hand(request)
            return try await answer.value()
        }
        guard let value else { throw GATTError(.timedOut, "\(what) of \(address) took longer than \(within).") }
        return value
    }

    private func checkLength(_ value: [UInt8]) throws {
        guard value.count <= link.maximumTransmissionUnit - 3 else {
            throw GATTError(.invalidLength, "A value of \(value.count) bytes does not fit in ATT_MTU \(link.maximumTransmissionUnit) - 3.")
        }
    }
}
