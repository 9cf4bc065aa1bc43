package import DBus
internal import EventLoop
internal import FoundationEssentials
internal import GATT
internal import Logging
internal import Recordings
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

    /// How long a new card has been on: recordings may be said to have been made before.
    private static let uptime: Duration = .seconds(12 * 3600)
    private static let adapter = DeviceAddress(0x00_1A_7D_DA_71_01, kind: .public)

    package init(names: [CardName], bus: DBusAddress, folder: String) {
        self.names = names
        self.bus = bus
        self.folder = folder
    }

    /// What the first line on standard output says.
    struct Ready: Encodable, Sendable {
        struct Card: Encodable, Sendable {
            let name: String
            let serial: String
            let address: String
        }

        let ready = true
        let cards: [Card]
        let socket: String
    }

    /// Runs until the task is cancelled, the bus is lost or a card cannot keep its state.
    ///
    /// - Parameter ready: called once, when clients of the bus can see the cards, with one line of JSON.
    package func run(ready: @escaping @Sendable ([UInt8]) -> Void) async throws {
        let logger = Logger(label: "earshot-card")
        try makeFolder("")
        try makeFolder("/bluez")
        let loop = try EventLoopThread(name: "control")
        let thread = try BlockingThread(name: "cards")
        let listener = try StreamChannel.listen(at: ControlSocket.path(in: folder), loop: loop)
        let host = SimulatedBlueZHost(bus: bus, adapters: [Self.adapter], stateFolder: folder + "/bluez", logger: logger)
        let files = HostFiles(thread: thread)
        var places: [CardDesk.Place] = []
        for name in names {
            let place = try await place(name, thread: thread, files: files)
            places.append(place)
            host.place(place.card, at: name.address, faults: place.faults)
        }
        let desk = CardDesk(places: places, host: host, files: files)
        let line = try HostJSON.line(
            Ready(
                cards: places.map { .init(name: "\($0.name)", serial: "\($0.card.settings.serial)", address: "\($0.name.address)") },
                socket: ControlSocket.path(in: folder)))
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

    private func place(_ name: CardName, thread: BlockingThread, files: HostFiles) async throws -> CardDesk.Place {
        guard let serial = name.serial else { throw HostError(.badRequest, "\(name) gives no serial number.") }
        try makeFolder("/\(name)")
        let vault = try await FolderVault(path: "\(folder)/\(name)", thread: thread)
        let isNew = try await vault.loadSnapshot() == nil
        var settings = CardSettings(serial: serial)
        settings.uptime = Self.uptime
        var clips: [[Int16]] = []
        for path in recordings { clips.append(try await files.speech(in: path)) }
        let card = try await SoftwareCard(settings, vault: vault, clock: ContinuousClock(), microphone: Microphone(clips.first ?? []))
        if isNew {
            if !clockIsUnset { try await card.setClock(UTCTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))) }
            for clip in clips { _ = try await card.record(RecordingFactory.speech(from: [clip]), kind: .conversation) }
        }
        return CardDesk.Place(name: name, card: card, faults: LinkFaults(clock: ContinuousClock(), bytesPerSecond: rate))
    }

    private func makeFolder(_ part: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder + part, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw HostError(.file, "The folder \(folder + part) cannot be made: \(error)")
        }
    }
}
