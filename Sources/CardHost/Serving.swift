internal import BlueZ
internal import CardProfile
internal import DBus
internal import GATT
internal import Logging
internal import SoftwareCard

/// One software card on a real adapter, with a socket for who holds it in his hand.
struct Serving: Sendable {
    var name: CardName
    /// The system bus.
    var bus: DBusAddress
    /// Made when it is not there. Keeps the card and the control socket.
    var folder: String
    /// Name or address; nil: the first one.
    var adapter: String?
    var abilities = BlueZServer.Abilities.display
    /// Sound files that a new card holds recordings of.
    var recordings: [String] = []
    /// Bytes a second that its link carries; nil: as fast as it goes.
    var rate: Int?
    /// A new card comes with its clock unset.
    var clockIsUnset = false

    /// What bluetoothd's Multiple Value Notifications take of ATT_MTU: it cuts longer values short.
    private static let notificationOverhead = 5

    init(name: CardName, bus: DBusAddress, folder: String) {
        self.name = name
        self.bus = bus
        self.folder = folder
    }

    /// Runs until the task is cancelled, the bus is lost, bluetoothd refuses the card at first or the card cannot keep its state.
    ///
    /// - Parameter ready: called once, when gateways can see the card, with one line of JSON.
    func run(ready: @escaping @Sendable ([UInt8]) -> Void) async throws {
        let shelf = try CardShelf(folder: folder, recordings: recordings, clockIsUnset: clockIsUnset)
        let listener = try shelf.listen()
        let card = try await shelf.card(name) { settings in
            settings.notificationOverhead = Self.notificationOverhead
            if abilities == .none { settings.capabilities.insert(.justWorksOnly) }
        }
        let faults = LinkFaults(clock: ContinuousClock(), bytesPerSecond: rate)
        do {
            try await DBusConnection.withConnection(to: bus) { connection in
                let server = try BlueZServer(
                    card, bus: connection, adapter: adapter, abilities: abilities, faults: faults, logger: Logger(label: "earshot-card"))
                let desks = WaitableState<CardDesk?>(nil)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await card.run() }
                    group.addTask {
                        try await server.run { address in
                            let place = CardDesk.Place(name: name, address: address, card: card, faults: faults)
                            desks.change { $0 = CardDesk(places: [place], setInRange: { isIn, _ in server.setAway(!isIn) }, files: shelf.files) }
                        }
                    }
                    group.addTask {
                        let desk = try await desks.when { $0 }
                        ready(try HostJSON.line(ReadyLine(desk.places, folder: folder)))
                        try await ControlSocket.serve(listener) { try await desk.perform($0) }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        } catch let error as GATTError {
            throw HostError(.failed, "\(error)")
        } catch let error as DBusError {
            throw HostError(.failed, "The system bus cannot be used: \(error)")
        }
    }
}
