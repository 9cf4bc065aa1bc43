internal import DBus
internal import GATT
internal import Logging

/// Keeps org.bluez.LEAdvertisement1, and whether the adapter is pairable, in step with what the device wants to advertise.
struct ServedAdvertisement: Sendable {
    let session: ServingSession
    let adapter: ObjectPath

    /// Legacy advertising (Core 5.4, Vol 6, Part B, 2.3.1).
    private static let longest = 31
    private static let again: Duration = .seconds(2)

    /// Runs until the task is cancelled. `ready` is called after each registration.
    ///
    /// - Throws: what bluetoothd answered to the very first registration; later ones are tried again.
    func keep(ready: () -> Void) async throws {
        var registered: AdvertisingData?
        var isPairable = false
        var isFirst = true
        while true {
            let isAway = session.server.isAway.read { $0 }
            // Asked for in any case: `advertisingChanged` tells of changes since.
            let data = await session.server.service.advertising()
            let wanted = isAway ? nil : data
            do {
                if let wanted, wanted.isDiscoverable != isPairable {
                    try await session.setPairable(wanted.isDiscoverable, on: adapter)
                    isPairable = wanted.isDiscoverable
                }
                if let current = registered, wanted.map({ !$0.hasShape(of: current) }) ?? true {
                    registered = nil
                    await unregister()
                }
                if let wanted {
                    if let current = registered { try await update(wanted, instead: current) } else { try await register(wanted) }
                    registered = wanted
                }
                if isFirst { ready() }
                isFirst = false
            } catch let error as GATTError {
                try Task.checkCancellation()
                guard !isFirst else { throw error }
                session.server.logger.warning("Advertising was refused and will be tried again", metadata: ["reason": "\(error)"])
                try await Task.sleep(for: Self.again)
                continue
            }
            try await untilChanged(from: isAway)
        }
    }

    /// - Parameter wasAway: what all above went by; whoever left or came back in the middle of it is noticed at once.
    private func untilChanged(from wasAway: Bool) async throws {
        let server = session.server
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await server.service.advertisingChanged() }
            group.addTask { try await server.isAway.when { $0 == wasAway ? nil : () } }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    private func register(_ data: AdvertisingData) async throws {
        // bluetoothd aborts on an update that does not fit; a change of the data never changes its length here.
        guard data.length <= Self.longest, (data.name?.utf8.count ?? 0) <= Self.longest - 2 else {
            throw GATTError(.invalidLength, "An advertisement of \(data.length) bytes does not fit in \(Self.longest).")
        }
        var properties: [String: DBusValue] = [
            "Type": .string("peripheral"), "ServiceUUIDs": .strings(data.services.map(\.description)), "ManufacturerData": data.manufacturerValue,
            "Discoverable": .boolean(data.isDiscoverable),
        ]
        if let name = data.name { properties["LocalName"] = .string(name) }
        let path = ServingSession.advertisement
        let interface = ExportedInterface(Interface.advertisement, methods: [ExportedMethod("Release") { _ in [] }], properties: properties)
        try await session.export([interface], at: path)
        do {
            try await session.call(
                adapter, Interface.advertisingManager, "RegisterAdvertisement", [.objectPath(path), .properties([:])], "Advertising")
        } catch {
            await session.server.bus.unexport(path)
            throw error
        }
    }

    private func unregister() async {
        let path = ServingSession.advertisement
        // An error when bluetoothd has released it.
        _ = try? await session.call(adapter, Interface.advertisingManager, "UnregisterAdvertisement", [.objectPath(path)], "Ending advertising")
        await session.server.bus.unexport(path)
    }

    private func update(_ data: AdvertisingData, instead current: AdvertisingData) async throws {
        guard data != current else { return }
        do {
            try await session.server.bus.setProperties(
                ["ManufacturerData": data.manufacturerValue], of: Interface.advertisement, at: ServingSession.advertisement)
        } catch {
            throw GATTError(error, .other, "Changing what is advertised")
        }
    }
}

extension AdvertisingData {
    /// Whether only the bytes of manufacturer data differ, not their number: what can be changed while it is advertised.
    fileprivate func hasShape(of other: AdvertisingData) -> Bool {
        services == other.services && name == other.name && isDiscoverable == other.isDiscoverable
            && manufacturerData.mapValues(\.count) == other.manufacturerData.mapValues(\.count)
    }

    /// With the flags that bluetoothd adds (Core Specification Supplement 11, Part A, 1.3).
    fileprivate var length: Int { 3 + (services.isEmpty ? 0 : 2 + 16 * services.count) + manufacturerData.values.reduce(0) { $0 + 4 + $1.count } }

    fileprivate var manufacturerValue: DBusValue {
        .dictionary(
            key: .uint16, value: .variant,
            manufacturerData.sorted { $0.key < $1.key }.map { DBusEntry(.uint16($0.key), .variant(.bytes($0.value))) })
    }
}
