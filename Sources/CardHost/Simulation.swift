package import DBus
internal import GATT
internal import Logging
internal import SimulatedBlueZ
internal import SoftwareCard

/// Software cards on a simulated BlueZ, with a socket for who holds them in his hand.
package struct Simulation: Sendable {
    package var names: [CardName]
    package var bus: DBusAddress
    /// Made when it is not there. Keeps cards, bonds and the control socket.
    package var folder: String
    /// Sound files that each card which is new holds a recording of.
    package var recordings: [String] = []
    /// Bytes a second that a card's link carries; nil: as fast as it goes.
    package var rate: Int?
    /// New cards come with their clock unset.
    package var clockIsUnset = false

    private static let adapter = DeviceAddress(0x00_1A_7D_DA_71_01, kind: .public)

    package init(names: [CardName], bus: DBusAddress, folder: String) {
        self.names = names
        self.bus = bus
        self.folder = folder
    }

    /// Runs until the task is cancelled, the bus is lost or a card cannot keep its state.
    ///
    /// - Parameter ready: called once, when clients of the bus can see the cards, with one line of JSON.
    package func run(ready: @escaping @Sendable ([UInt8]) -> Void) async throws {
        let logger = Logger(label: "earshot-card")
        let shelf = try CardShelf(folder: folder, recordings: recordings, clockIsUnset: clockIsUnset)
        try shelf.makeFolder("/bluez")
        let listener = try shelf.listen()
        let host = SimulatedBlueZHost(bus: bus, adapters: [Self.adapter], stateFolder: folder + "/bluez", logger: logger)
        var places: [CardDesk.Place] = []
        for name in names {
            let faults = LinkFaults(clock: ContinuousClock(), bytesPerSecond: rate)
            let place = CardDesk.Place(name: name, address: name.address, card: try await shelf.card(name), faults: faults)
            places.append(place)
            host.place(place.card, at: name.address, faults: faults)
        }
        let desk = CardDesk(places: places, setInRange: { host.setInRange($0, $1.address) }, files: shelf.files)
        let line = try HostJSON.line(ReadyLine(places, folder: folder))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            for place in desk.places {
                group.addTask { try await place.card.run() }
            }
            group.addTask { try await ControlSocket.serve(listener) { try await desk.perform($0) } }
            group.addTask {
                try await host.untilReady()
                ready(line)
                // Nothing more to do; the others decide when it ends.
                try await WaitableState(0).when { _ -> Void? in nil }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
