extension MemoryLink {
    /// The device's radio: takes values from its queue one after another and brings them to the central's streams.
    func transmit() async {
        var late: [(value: [UInt8], characteristic: CharacteristicID, left: Int)] = []
        while let outgoing = try? await state.when({ try $0.nextOutgoing() }) {
            let passage = faults.disturbances.passage(
                of: outgoing.value, on: outgoing.characteristic, isIndication: outgoing.confirmation != nil)
            do {
                try await faults.pace(outgoing.value.count)
                if let pause = passage.pause { try await clock.sleep(for: pause) }
            } catch {
                outgoing.confirmation?.fail(GATTError(.disconnected, "The link to \(peer) is gone."))
                return
            }
            if passage.isLostBefore { lose() }
            switch faults.fate(of: outgoing.value.count, on: outgoing.characteristic) {
            case .delivered:
                if passage.behind > 0 {
                    late += passage.values.map { ($0, outgoing.characteristic, passage.behind) }
                } else {
                    for value in passage.values { deliver(value, of: outgoing.characteristic) }
                    for position in late.indices { late[position].left -= 1 }
                    for value in late where value.left <= 0 { deliver(value.value, of: value.characteristic) }
                    late.removeAll { $0.left <= 0 }
                }
            case .dropped: break
            case .linkLost: lose()
            }
            if passage.isLostAfter { lose() }
            if let end = state.read(\.end) {
                outgoing.confirmation?.fail(end)
            } else {
                outgoing.confirmation?.succeed([])
            }
        }
    }

    /// The link is gone as when a device is carried away.
    func lose() { end(lost) }

    var lost: GATTError { GATTError(.disconnected, "The link to \(peer) was lost: supervision timeout.") }

    private func deliver(_ value: [UInt8], of characteristic: CharacteristicID) {
        state.read { $0.stream(of: characteristic) }?.put(value)
    }
}

extension MemoryLink.State {
    fileprivate mutating func nextOutgoing() throws -> MemoryLink.Outgoing? {
        if let end { throw end }
        return outgoing.isEmpty ? nil : outgoing.removeFirst()
    }
}
