internal import ArgumentParser
internal import DBus
internal import Glibc

/// `earshot-card simulate`
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Puts cards on a simulated BlueZ on a private bus, until it is ended.",
        discussion: """
            The first line on standard output is a JSON object and says that the cards can be seen. A card's state is kept in DIR/NAME: \
            started again it is the same card, switched off and on.
            """)

    @Argument(help: "The cards' names: 1 to 32 of a-z 0-9 _ -.")
    var names: [String]

    @Option(help: "The bus's address, such as unix:path=/tmp/bus; else DBUS_SYSTEM_BUS_ADDRESS.")
    var bus: String?

    @Option(help: "The folder that keeps the cards; else EARSHOT_CARDS.")
    var state: String?

    @Option(parsing: .singleValue, help: "A WAV file: each new card holds a recording of it, and its microphone hears the first. Repeatable.")
    var recordings: [String] = []

    @Option(help: "Bytes a second that a card's link carries.")
    var rate: Int?

    @Flag(help: "New cards come with their clock unset.")
    var unsetClock = false

    func validate() throws {
        guard Set(names).count == names.count else { throw ValidationError("Each card needs a name of its own.") }
        for name in names where CardName(name) == nil {
            throw ValidationError("\(name) cannot be a card's name: 1 to 32 of a-z 0-9 _ - are, and not simulate, serve or help.")
        }
        guard rate.map({ $0 > 0 }) ?? true else { throw ValidationError("--rate is a number of bytes a second above 0.") }
    }

    func run() async throws {
        var text = bus
        if text == nil, let variable = unsafe getenv("DBUS_SYSTEM_BUS_ADDRESS") { text = unsafe String(cString: variable) }
        guard let text, let address = DBusAddress(text) else {
            throw HostError(.badRequest, "Which bus? Name a private one with --bus unix:path=…; other transports are not used.")
        }
        var simulation = Simulation(names: names.compactMap { CardName($0) }, bus: address, folder: try RemoteOptions.folder(state))
        simulation.recordings = recordings.map { RemoteOptions.absolute($0) }
        simulation.rate = rate
        simulation.clockIsUnset = unsetClock
        try await simulation.run { StandardStream.output.write($0) }
    }
}
