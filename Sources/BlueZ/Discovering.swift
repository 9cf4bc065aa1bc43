internal import DBus
package import GATT
internal import Logging

extension BlueZCentral {
    /// What bluetoothd may take to begin or end a discovery: a command or two to the controller.
    private static let discoveryCall: Duration = .seconds(10)

    /// bluetoothd tells of new manufacturer data at once, of the same again only when it is asked for duplicates. What another program's
    /// discovery hears counts as well; what bluetoothd only remembers (without an RSSI) does not.
    package func withDiscovery<R: Sendable>(
        of services: Set<BluetoothUUID>, on adapter: DeviceAddress, repeats: Bool,
        _ body: @concurrent @Sendable (AdvertisementStream) async throws -> R
    ) async throws -> R {
        let stream = AdvertisementStream(repeats: repeats)
        let (path, owner) = try await mirror.claim { state in
            let path = try state.poweredAdapter(adapter).path
            guard state.discoveries[path] == nil else { throw GATTError(.inProgress, "Adapter \(adapter) is discovering already.") }
            let owner = state.owner ?? ""
            state.discoveries[path] = HostMirror.Discovery(adapter: adapter, owner: owner, services: services, stream: stream)
            return (path, owner)
        }
        let result: Result<R, any Error>
        do {
            try await startDiscovery(of: services, on: path, owner, adapter, repeats: repeats)
            result = .success(try await body(stream))
        } catch {
            result = .failure(error)
        }
        await uncancelled {
            // After a failure there may be nothing to stop: either way none of ours runs.
            do {
                try await call(
                    path, Interface.adapter, "StopDiscovery", of: owner, within: Self.discoveryCall, as: .discovering,
                    "Ending discovery on \(adapter)")
            } catch {
                logger.debug("Discovery was not stopped", metadata: ["adapter": "\(adapter)", "reason": "\(error)"])
            }
        }
        mirror.state.change { if $0.discoveries[path]?.stream === stream { $0.discoveries[path] = nil } }
        stream.end(GATTError(.failed, "The discovery has ended."))
        return try result.get()
    }

    private func startDiscovery(
        of services: Set<BluetoothUUID>, on path: ObjectPath, _ owner: String, _ adapter: DeviceAddress, repeats: Bool
    ) async throws {
        let what = "Starting discovery on \(adapter)"
        var filter: [String: DBusValue] = ["Transport": .string("le"), "DuplicateData": .boolean(repeats)]
        if !services.isEmpty { filter["UUIDs"] = .strings(services.map(\.description).sorted()) }
        try await call(
            path, Interface.adapter, "SetDiscoveryFilter", [.properties(filter)], of: owner, within: Self.discoveryCall, as: .discovering, what,
            missing: .adapterUnavailable)
        try await call(
            path, Interface.adapter, "StartDiscovery", of: owner, within: Self.discoveryCall, as: .discovering, what,
            missing: .adapterUnavailable)
        // Another program's discovery may run: its devices have been heard, and are not announced again.
        let heard = mirror.state.read { state in state.tree.devices(on: path).compactMap { state.advertisement(of: $0.device) } }
        for (stream, advertisement) in heard { stream.put(advertisement) }
    }
}
