internal import DBus
package import GATT

extension BlueZCentral {
    package func forget(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws {
        let (owner, adapterPath, path) = try await mirror.look { state in
            let adapter = try state.adapter(adapter)
            return (state.owner ?? "", adapter.path, state.tree.device(peer, on: adapter.path)?.path)
        }
        guard let path else { return }
        do {
            try await call(
                adapterPath, Interface.adapter, "RemoveDevice", [.objectPath(path)], of: owner, within: .seconds(20), as: .other,
                "Forgetting \(peer)", missing: .unknownPeer)
        } catch let error as GATTError where error.code == .unknownPeer {
            // Gone meanwhile: that was wanted.
        }
    }

    package func bondedPeers(on adapter: DeviceAddress) async throws -> [DeviceAddress] {
        try await mirror.look { state in
            let path = try state.adapter(adapter).path
            return state.tree.devices(on: path).filter { $0.device.isBonded || $0.device.isPaired }.map(\.device.address)
                .sorted { ($0.bits, $0.kind.rawValue) < ($1.bits, $1.kind.rawValue) }
        }
    }

    package func foreignBonds(on adapter: DeviceAddress) async throws -> [DeviceAddress] {
        try await mirror.look { state in
            let path = try state.adapter(adapter).path
            return state.tree.devices(on: path).filter { state.foreignBonds.contains($0.path) }.map(\.device.address)
                .sorted { ($0.bits, $0.kind.rawValue) < ($1.bits, $1.kind.rawValue) }
        }
    }

    /// Closes the links side by side.
    package func closeLinks(to peers: Set<DeviceAddress>, on adapter: DeviceAddress) async throws {
        let (owner, open) = try await mirror.look { state in
            let path = try state.adapter(adapter).path
            return (state.owner ?? "", state.tree.devices(on: path).filter { $0.device.isConnected && peers.contains($0.device.address) })
        }
        await withTaskGroup(of: Void.self) { group in
            for (path, device) in open { group.addTask { await disconnect(path, device.address, of: owner) } }
        }
        try Task.checkCancellation()
    }
}
