internal import DBus
internal import GATT
internal import Logging

/// One registration of a device with one bluetoothd on one adapter: agent, application, advertisement.
struct ServingSession: Sendable {
    let server: BlueZServer
    /// The unique name of bluetoothd.
    let owner: String
    private let host: ServedHost

    private static let registering: Duration = .seconds(20)
    private static let folder = ObjectPath.root.appending("earshot").appending("card")
    private static let application = folder.appending("application")
    static let advertisement = folder.appending("advertisement")
    private static let agent = folder.appending("agent")
    private static let manager = ObjectPath.root.appending("org").appending("bluez")

    /// - Parameter adapter: the one that was served before.
    init(server: BlueZServer, owner: String, adapter: DeviceAddress?) {
        self.server = server
        self.owner = owner
        host = ServedHost(
            owner: owner, adapter: server.adapterName, address: adapter,
            catalog: ServedCatalog(server.service.services, at: Self.application), bus: server.bus, faults: server.faults, isAway: server.isAway)
    }

    /// Runs until the adapter is off or gone, or the task is cancelled; everything is taken back by then.
    func run(ready: @escaping @Sendable (DeviceAddress) -> Void) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await server.bus.withObserver(matching: BlueZCentral.rules) { event in
                    switch event {
                    case .success(let signal): host.apply(signal)
                    case .failure: host.end(GATTError(.hostUnavailable, "The connection to the bus is gone."))
                    }
                } while: {
                    try await serve(ready: ready)
                })
        } catch { result = .failure(error) }
        host.end(GATTError(.disconnected, "The device is not served any more."))
        await uncancelled { await takeBack() }
        if case .failure(let error as DBusError) = result {
            try Task.checkCancellation()
            throw GATTError(error, .other, "Listening to bluetoothd")
        }
        try result.get()
    }

    private var application: ServedApplication { ServedApplication(host: host, bus: server.bus, loop: server.loop) }

    private func serve(ready: @escaping @Sendable (DeviceAddress) -> Void) async throws {
        try await load()
        let adapter = try await adapter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            // Calls may come as soon as the application is known.
            group.addTask { try await serveLinks() }
            group.addTask { throw try await host.state.when { $0.end } }
            group.addTask {
                while true {
                    try await server.isAway.when { $0 ? () : nil }
                    host.endLinks()
                    try await server.isAway.when { $0 ? nil : () }
                }
            }
            group.addTask {
                try await registerAgent(on: adapter)
                try await application.export()
                try await call(
                    adapter.path, Interface.gattManager, "RegisterApplication", [.objectPath(Self.application), .properties([:])],
                    "Offering services on \(adapter.address)")
                try await ServedAdvertisement(session: self, adapter: adapter.path).keep { ready(adapter.address) }
            }
            try await group.next()
        }
    }

    private func serveLinks() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let link = try await host.nextLink()
                group.addTask {
                    await link.serve(server.service, subscribed: host.subscriptions)
                    await closeLink(link)
                    host.forget(link)
                }
            }
        }
    }

    /// Disconnects a link that was closed from this side; one that is gone already is left alone.
    private func closeLink(_ link: ServedLink) async {
        guard host.isConnected(link) else { return }
        await uncancelled {
            do {
                try await call(link.path, Interface.device, "Disconnect", [], "Disconnecting \(link.central)")
            } catch {
                server.logger.debug("Disconnect was refused", metadata: ["peer": "\(link.central)", "reason": "\(error)"])
            }
        }
    }

    // MARK: Registering

    private func load() async throws {
        do {
            try await server.bus.call(owner, .root, Interface.objectManager, "GetManagedObjects", within: .seconds(30)) {
                [host] answer throws(DBusError) in
                host.load(try answer.argument(0, "objects", \.asEntries))
            }
        } catch {
            try Task.checkCancellation()
            throw GATTError(error, .other, "Asking bluetoothd for its objects")
        }
    }

    /// Waits for the adapter; says once that it is missing.
    private func adapter() async throws -> HostAdapter {
        if let adapter = host.takeAdapter() { return adapter }
        server.logger.notice("Waiting for an adapter that is there and on", metadata: ["adapter": "\(server.adapterName ?? "any")"])
        while true {
            let seen = host.state.read(\.changes)
            if let adapter = host.takeAdapter() { return adapter }
            try await host.state.when { state -> Void? in
                if let end = state.end { throw end }
                return state.changes == seen ? nil : ()
            }
        }
    }

    private func registerAgent(on adapter: HostAdapter) async throws {
        let agent = ServedAgent(host: host, service: server.service, logger: server.logger)
        try await export([agent.interface], at: Self.agent)
        try await call(
            Self.manager, Interface.agentManager, "RegisterAgent", [.objectPath(Self.agent), .string(server.abilities.rawValue)],
            "Registering the device's pairing agent")
        try await call(
            Self.manager, Interface.agentManager, "RequestDefaultAgent", [.objectPath(Self.agent)], "Making the device's pairing agent the default")
        // The first agent makes every adapter pairable.
        try await setPairable(false, on: adapter.path)
    }

    func setPairable(_ isPairable: Bool, on adapter: ObjectPath) async throws {
        try await call(
            adapter, Interface.properties, "Set", [.string(Interface.adapter), .string("Pairable"), .variant(.boolean(isPairable))],
            "Setting whether \(adapter) takes pairings")
    }

    private func takeBack() async {
        if let adapter = host.state.read(\.adapter) {
            _ = try? await call(adapter, Interface.advertisingManager, "UnregisterAdvertisement", [.objectPath(Self.advertisement)], "")
            _ = try? await call(adapter, Interface.gattManager, "UnregisterApplication", [.objectPath(Self.application)], "")
        }
        _ = try? await call(Self.manager, Interface.agentManager, "UnregisterAgent", [.objectPath(Self.agent)], "")
        for path in [Self.advertisement, Self.agent] { await server.bus.unexport(path) }
        await application.unexport()
    }

    func export(_ interfaces: [ExportedInterface], at path: ObjectPath) async throws {
        do { try await server.bus.export(interfaces, at: path) } catch { throw GATTError(error, .other, "Exporting \(path)") }
    }

    /// Calls bluetoothd and maps what it answers.
    func call(_ path: ObjectPath, _ interface: String, _ member: String, _ arguments: [DBusValue], _ what: String) async throws {
        do {
            _ = try await server.bus.call(owner, path, interface, member, arguments, within: Self.registering)
        } catch {
            try Task.checkCancellation()
            throw GATTError(error, .other, what, missing: .adapterUnavailable)
        }
    }
}
