internal import DBus

/// Who answers for a person during pairing: at most one agent for each client, and the order in which they are the default.
struct AgentRegistry: Sendable {
    struct Agent: Sendable, Equatable {
        enum Capability: String, Sendable {
            case displayOnly = "DisplayOnly"
            case displayYesNo = "DisplayYesNo"
            case keyboardOnly = "KeyboardOnly"
            case noInputNoOutput = "NoInputNoOutput"
            case keyboardDisplay = "KeyboardDisplay"

            /// Whether a passkey that the device shows can be typed.
            var hasKeyboard: Bool { self == .keyboardOnly || self == .keyboardDisplay }
            /// Whether it can show digits and hear a yes or a no.
            var comparesDigits: Bool { self == .displayYesNo || self == .keyboardDisplay }
        }

        let owner: String
        let path: ObjectPath
        let capability: Capability
    }

    private var agents: [String: Agent] = [:]
    /// The default first.
    private var order: [String] = []

    mutating func register(_ path: ObjectPath, capability: String, by owner: String) throws(DBusError) {
        guard agents[owner] == nil else { throw .alreadyExists }
        guard let capability = capability.isEmpty ? .keyboardDisplay : Agent.Capability(rawValue: capability) else { throw .invalidArguments }
        agents[owner] = Agent(owner: owner, path: path, capability: capability)
        order.append(owner)
    }

    mutating func unregister(_ path: ObjectPath, by owner: String) throws(DBusError) {
        guard agents[owner]?.path == path else { throw .doesNotExist }
        remove(owner)
    }

    mutating func makeDefault(_ path: ObjectPath, by owner: String) throws(DBusError) {
        guard agents[owner]?.path == path else { throw .doesNotExist }
        order.removeAll { $0 == owner }
        order.insert(owner, at: 0)
    }

    /// The client left, or unregistered.
    mutating func remove(_ owner: String) {
        agents[owner] = nil
        order.removeAll { $0 == owner }
    }

    /// The caller's own agent, else the default one.
    func agent(for caller: String) -> Agent? { agents[caller] ?? order.first.flatMap { agents[$0] } }
}
