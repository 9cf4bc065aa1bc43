package import DBus
package import Daemon
package import GatewayAPI
package import HCI

/// The machine as the checks see it: files below a root folder, what programs say, org.bluez, the kernel's
/// Bluetooth and the gateway. Tests hand in their own.
///
/// Its file calls wait for the disk: use it on a `BlockingThread`.
package struct Machine: Sendable {
    /// Before every path; empty on the machine itself.
    package let root: String
    package let places: Places
    /// Whether this user may read and mend everything.
    package let isRoot: Bool
    /// Runs a program, its name first, until its end; never throws.
    package let run: @Sendable ([String]) async -> ProgramAnswer
    /// What org.bluez says of itself; asked once for each check that wants it.
    let host: @Sendable () async -> HostAnswer
    let gateway: @Sendable () async -> GatewayAnswer
    /// What the kernel says of each adapter. Blocks while the controllers answer.
    let controllers: @Sendable () -> Result<[AdapterFacts], AdapterFactsError>

    package init(
        root: String = "", places: Places, isRoot: Bool, run: @escaping @Sendable ([String]) async -> ProgramAnswer,
        host: @escaping @Sendable () async -> HostAnswer, gateway: @escaping @Sendable () async -> GatewayAnswer,
        controllers: @escaping @Sendable () -> Result<[AdapterFacts], AdapterFactsError>
    ) {
        self.root = root
        self.places = places
        self.isRoot = isRoot
        self.run = run
        self.host = host
        self.gateway = gateway
        self.controllers = controllers
    }

    /// The configuration, or why it cannot be used.
    func configuration() -> Result<Configuration, ConfigurationError> {
        Result { () throws(ConfigurationError) in
            switch read(places.configuration, limit: 1 << 20) {
            case .text(let text): try Configuration.parse(text, file: places.configuration)
            case .missing where !places.configurationIsNamed: Configuration()
            case .missing: throw ConfigurationError(file: places.configuration, line: nil, reason: "There is no such file.")
            case .denied: throw ConfigurationError(file: places.configuration, line: nil, reason: "The file cannot be read by this user.")
            case .failed(let reason): throw ConfigurationError(file: places.configuration, line: nil, reason: reason)
            }
        }
    }
}

/// How a program ended.
package struct ProgramAnswer: Sendable, Hashable {
    /// Its exit status; nil when it could not be started, was killed or was not done in time.
    package let status: Int?
    /// What it wrote, bounded.
    package let output: String
    /// What it said of errors, or why there is no status.
    package let error: String

    package init(status: Int?, output: String = "", error: String = "") {
        self.status = status
        self.output = output
        self.error = error
    }

    /// What a person is told when it failed.
    var complaint: String {
        let said = error.split(separator: "\n").first.map(String.init) ?? ""
        return said.isEmpty ? "status \(status.map(String.init) ?? "unknown")" : said
    }
}

/// Whether the gateway answers.
package enum GatewayAnswer: Sendable {
    case status(StatusMessage)
    case silent(reason: String)
}

/// What org.bluez answered to one look.
package enum HostAnswer: Sendable {
    /// There is no system bus, or it refused this user.
    case noBus(reason: String)
    /// Nobody has the name org.bluez.
    case absent
    /// Whoever has it does not let this user ask.
    case refused(reason: String)
    case objects([HostObject])

    package struct HostObject: Sendable, Equatable {
        package let path: String
        /// Properties by interface.
        package let interfaces: [String: [String: DBusValue]]

        package init(path: String, interfaces: [String: [String: DBusValue]]) {
            self.path = path
            self.interfaces = interfaces
        }
    }

    private static let name = "org.bluez"
    /// bluetoothd answers at once; more is one that hangs.
    private static let within: Duration = .seconds(10)

    /// Asks through a bus.
    package static func ask(_ bus: DBusConnection) async -> HostAnswer {
        do throws(DBusError) {
            let values = try await bus.call(
                name, .root, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", within: within)
            let entries = try values.argument(0, "a dictionary of objects", \.asEntries)
            return .objects(
                entries.compactMap { entry in
                    guard let path = entry.key.asPath, let interfaces = entry.value.asEntries else { return nil }
                    var found: [String: [String: DBusValue]] = [:]
                    for interface in interfaces {
                        if let name = interface.key.asString { found[name] = interface.value.asProperties ?? [:] }
                    }
                    return HostObject(path: path.text, interfaces: found)
                })
        } catch {
            switch error.name {
            case DBusError.serviceUnknown, DBusError.nameHasNoOwner: return .absent
            case DBusError.accessDenied: return .refused(reason: error.description)
            default: return .noBus(reason: error.description)
            }
        }
    }
}
