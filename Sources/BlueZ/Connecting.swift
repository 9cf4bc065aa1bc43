internal import DBus
package import GATT
internal import Logging

extension BlueZCentral {
    /// How long the objects of a service may come after bluetoothd said that all services are resolved.
    private static let lateObjects: Duration = .seconds(3)
    /// Disconnect waits 2 s so that profiles can say goodbye; then the controller has to end the link.
    private static let disconnectCall: Duration = .seconds(10)

    /// A link that is there already (of another program) is used and closed at the end. Trying again is the caller's business.
    package func withConnection<R: Sendable>(
        to peer: DeviceAddress, on adapter: DeviceAddress, services: Set<BluetoothUUID>, within: Duration,
        _ body: @concurrent @Sendable (any Peripheral) async throws -> R
    ) async throws -> R {
        let link = try await claim(peer, on: adapter)
        let result: Result<R, any Error>
        do {
            try await open(link, services: services, within: within)
            result = .success(try await body(BlueZPeripheral(link: link, central: self)))
        } catch {
            result = .failure(error)
        }
        await uncancelled { await close(link) }
        return try result.get()
    }

    private func claim(_ peer: DeviceAddress, on adapter: DeviceAddress) async throws -> RemoteLink {
        try await mirror.claim { state in
            let (path, device) = try state.device(peer, on: adapter)
            guard state.links[path] == nil else { throw GATTError(.inProgress, "There is a link to \(peer) here already.") }
            let link = RemoteLink(to: peer, at: path, of: state.owner ?? "", isConnected: device.isConnected)
            state.links[path] = link
            return link
        }
    }

    private func open(_ link: RemoteLink, services: Set<BluetoothUUID>, within: Duration) async throws {
        let stopwatch = Stopwatch(ContinuousClock())
        do {
            _ = try await link.whileOpen {
                try await call(
                    link.path, Interface.device, "Connect", of: link.owner, within: within, as: .connecting, "Connecting to \(link.address)",
                    missing: .unknownPeer)
            }
        } catch let error as GATTError where error.code == .timedOut {
            throw GATTError(.unreachable, "\(link.address) was not reached within \(within).", cause: error.cause)
        } catch let error as GATTError where error.code == .unknownPeer && error.failure == nil && mirror.state.read({ $0.links.count > 1 }) {
            // An adapter whose links are all taken looks in vain.
            throw GATTError(.noLinkSlot, error.detail, cause: error.cause, failure: .outOfLinkSlots)
        } catch let error as GATTError where error.failure == .abortedByLocal && link.end?.failure == .deviceRemoved {
            // The attempt was aborted because its device was removed: that was announced before the answer.
            throw GATTError(.unknownPeer, "bluetoothd forgot \(link.address).", cause: error.cause, failure: .deviceRemoved)
        }
        let resolved = try await mirror.until(within: within - stopwatch.elapsed) { state -> Bool? in
            if let end = link.end { throw end }
            guard let device = state.tree.devices[link.path] else {
                throw GATTError(.unknownPeer, "bluetoothd forgot \(link.address).", failure: .deviceRemoved)
            }
            return device.isConnected && device.isResolved ? true : nil
        }
        guard resolved != nil else { throw GATTError(.timedOut, "The services of \(link.address) were not discovered within \(within).") }
        let isComplete = try await mirror.until(within: Self.lateObjects) { state -> Bool? in
            if let end = link.end { throw end }
            return services.isSubset(of: state.tree.services(of: link.path)) ? true : nil
        }
        guard isComplete != nil else { throw mirror.state.read { Self.incomplete($0.tree, services, link) } }
        try await learnMaximumTransmissionUnit(of: link)
    }

    /// Why services are missing: UUIDs tells what bluetoothd resolved, or remembers.
    private static func incomplete(_ tree: HostTree, _ services: Set<BluetoothUUID>, _ link: RemoteLink) -> GATTError {
        let there = tree.services(of: link.path)
        let device = tree.devices[link.path]
        let missing = services.subtracting(there)
        var failure: FailureClass?
        if device.map({ missing.isSubset(of: $0.services) }) == true {
            failure = .servicesResolvedRace
        } else if there.isEmpty {
            failure = .emptyServiceTree
        } else if device?.isBonded == true {
            // It had them when it was paired.
            failure = .staleCache
        }
        let names = missing.map(\.description).sorted().joined(separator: ", ")
        return GATTError(.servicesMissing, "\(link.address) does not offer \(names).", failure: failure)
    }

    /// The property is optional. The answer comes after everything that bluetoothd announced before it, so that from here on
    /// the characteristics of the services are known too.
    private func learnMaximumTransmissionUnit(of link: RemoteLink) async throws {
        guard let characteristic = mirror.state.read({ $0.tree.anyCharacteristic(of: link.path) }) else { return }
        do {
            let answer = try await link.whileOpen {
                try await call(
                    characteristic.path, Interface.properties, "Get", [.string(Interface.characteristic), .string("MTU")], of: link.owner,
                    within: .seconds(5), as: .using, "Reading the MTU of \(link.address)")
            }
            link.maximumTransmissionUnit = answer.first?.asInteger
        } catch let error as GATTError where error.code == .failed {
            logger.debug("bluetoothd tells no MTU", metadata: ["peer": "\(link.address)", "reason": "\(error)"])
        }
    }

    /// Ends an attempt or the link and waits until it is over.
    private func close(_ link: RemoteLink) async {
        link.end(GATTError(.disconnected, "The link to \(link.address) was closed here."))
        await disconnect(link.path, link.address, of: link.owner)
        mirror.state.change { if $0.links[link.path] === link { $0.links[link.path] = nil } }
    }

    /// Disconnects whatever there is with a device: an attempt, a link or nothing. Waits for the real end, bounded.
    func disconnect(_ path: ObjectPath, _ address: DeviceAddress, of owner: String) async {
        do {
            try await call(
                path, Interface.device, "Disconnect", of: owner, within: Self.disconnectCall, as: .other, "Disconnecting \(address)")
        } catch {
            logger.debug("Disconnect was refused", metadata: ["peer": "\(address)", "reason": "\(error)"])
        }
        do {
            let isOver = try await mirror.until(within: Self.disconnectCall) { state -> Bool? in
                state.owner == owner && state.tree.devices[path]?.isConnected == true ? nil : true
            }
            if isOver == nil { logger.warning("A link did not end", metadata: ["peer": "\(address)"]) }
        } catch {
            // Without bluetoothd there is no link.
        }
    }
}
