/// One thing that must be right on a box, by name, and how to look at it.
package struct Check: Sendable {
    /// Lower case, words joined by hyphens; stays the same for ever: scripts know it.
    package let name: String
    package let group: Group
    /// What goes wrong when this is not right.
    package let why: String
    let examine: @Sendable (Machine) async -> Finding

    package enum Group: String, Sendable, CaseIterable {
        case bluetooth = "Bluetooth"
        case pairing = "Pairing"
        case gateway = "Earshot"
        case box = "The box"
    }

    init(_ name: String, _ group: Group, why: String, _ examine: @escaping @Sendable (Machine) async -> Finding) {
        self.name = name
        self.group = group
        self.why = why
        self.examine = examine
    }

    /// Looks. May wait for the disk: call it on a `BlockingThread`.
    package func look(at machine: Machine) async -> Finding { await examine(machine) }

    /// All, in the order in which they are shown: what others rest on comes first.
    package static let all: [Check] =
        HostChecks.all + AdapterChecks.all + PairingChecks.all + GatewayChecks.all + WatchedFolderCheck.all + BoxChecks.all
}

/// What a check saw.
package struct Finding: Sendable, Hashable {
    package enum Verdict: String, Sendable, CaseIterable {
        case fine
        /// It works, and could be better; nobody has to come.
        case advice
        /// A person, or `--fix`, has to do something.
        case trouble
        /// It could not be looked at.
        case unknown
    }

    package let verdict: Verdict
    /// For a person, one sentence. Text from outside is as it came: it is escaped where it is shown.
    package let found: String
    /// What to do; nil when all is fine.
    package let remedy: String?
    /// What `--fix` would do.
    package let mending: [Mending]

    static func fine(_ found: String) -> Finding { Finding(verdict: .fine, found: found, remedy: nil, mending: []) }

    static func advice(_ found: String, _ remedy: String, mending: [Mending] = []) -> Finding {
        Finding(verdict: .advice, found: found, remedy: remedy, mending: mending)
    }

    static func trouble(_ found: String, _ remedy: String, mending: [Mending] = []) -> Finding {
        Finding(verdict: .trouble, found: found, remedy: remedy, mending: mending)
    }

    static func unknown(_ found: String, _ remedy: String) -> Finding {
        Finding(verdict: .unknown, found: found, remedy: remedy, mending: [])
    }

    /// Only root may look.
    static let needsRoot = unknown("Only root can see this.", "Run it with sudo.")
}
