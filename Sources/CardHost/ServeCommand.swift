internal import ArgumentParser
internal import BlueZ
internal import DBus

/// `earshot-card serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Makes this machine's Bluetooth adapter a card, until it is ended.",
        discussion: """
            Needs bluetoothd (BlueZ 5.66 or later) and an adapter that nothing else uses meanwhile: the card decides who may pair with it. The first \
            line on standard output is a JSON object and says that gateways can see the card. Its bonds are bluetoothd's: bluetoothctl remove \
            forgets one. The serial number follows from the name, so two machines need two names.
            """)

    @Argument(help: "The card's name: 1 to 32 of a-z 0-9 _ -.")
    var name: String

    @Option(help: "The adapter: hci1, or its address; else the first one.")
    var adapter: String?

    @Option(help: "The folder that keeps the card; else EARSHOT_CARDS.")
    var state: String?

    @Option(
        help: "What it has for a pairing: display (shows a passkey), keyboard (takes one: earshot-card NAME type), comparison (NAME confirm), none.")
    var pairing = PairingMeans.display

    @Option(parsing: .singleValue, help: "A WAV file: a new card holds a recording of it, and its microphone hears the first. Repeatable.")
    var recordings: [String] = []

    @Option(help: "Bytes a second that its link carries at most.")
    var rate: Int?

    @Flag(help: "A new card comes with its clock unset.")
    var unsetClock = false

    enum PairingMeans: String, ExpressibleByArgument, CaseIterable {
        case display, keyboard, comparison, none

        var abilities: BlueZServer.Abilities {
            switch self {
            case .display: .display
            case .keyboard: .keyboard
            case .comparison: .comparison
            case .none: .none
            }
        }
    }

    func validate() throws {
        guard CardName(name) != nil else {
            throw ValidationError("\(name) cannot be a card's name: 1 to 32 of a-z 0-9 _ - are, and not simulate, serve or help.")
        }
        guard rate.map({ $0 > 0 }) ?? true else { throw ValidationError("--rate is a number of bytes a second above 0.") }
    }

    func run() async throws {
        guard let name = CardName(name) else { return }
        guard let bus = DBusAddress.system() else {
            throw HostError(.badRequest, "DBUS_SYSTEM_BUS_ADDRESS holds no address of a Unix socket.")
        }
        var serving = Serving(name: name, bus: bus, folder: try RemoteOptions.folder(state))
        serving.adapter = adapter
        serving.abilities = pairing.abilities
        serving.recordings = recordings.map { RemoteOptions.absolute($0) }
        serving.rate = rate
        serving.clockIsUnset = unsetClock
        try await serving.run { StandardStream.output.write($0) }
    }
}
