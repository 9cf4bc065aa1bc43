/// Which signals a subscription wants; what is nil matches anything (D-Bus Specification 0.41, "Match Rules").
package struct MatchRule: Hashable, Sendable {
    /// A unique or well-known name. Signals of others never match, whatever they claim: of a well-known name only its
    /// owner at that moment.
    package var sender: String?
    package var path: ObjectPath?
    /// This path and all below it.
    package var pathNamespace: ObjectPath?
    package var interface: String?
    package var member: String?
    /// The first argument, a string.
    package var argument0: String?

    package init(
        sender: String? = nil, path: ObjectPath? = nil, pathNamespace: ObjectPath? = nil, interface: String? = nil, member: String? = nil,
        argument0: String? = nil
    ) {
        self.sender = sender
        self.path = path
        self.pathNamespace = pathNamespace
        self.interface = interface
        self.member = member
        self.argument0 = argument0
    }

    /// Ownership changes of one bus name: arguments name, old owner, new owner (each may be empty).
    package static func nameOwnerChanged(_ name: String) -> MatchRule {
        MatchRule(sender: "org.freedesktop.DBus", interface: "org.freedesktop.DBus", member: "NameOwnerChanged", argument0: name)
    }

    /// As AddMatch takes it.
    var text: String {
        var parts = ["type='signal'"]
        for (key, value) in [
            ("sender", sender), ("path", path?.text), ("path_namespace", pathNamespace?.text), ("interface", interface), ("member", member),
            ("arg0", argument0),
        ] {
            // An apostrophe ends the quoted part: it is written outside of it.
            if let value { parts.append("\(key)='\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'") }
        }
        return parts.joined(separator: ",")
    }

    /// - Parameter owner: the unique name behind a well-known name now.
    func matches(_ signal: DBusSignal, owner: (String) -> String?) -> Bool {
        guard matchesHeader(of: signal, owner: owner) else { return false }
        guard let argument0 else { return true }
        return signal.arguments.first == .string(argument0)
    }

    /// As far as it is known without the arguments.
    func matchesHeader(of signal: DBusSignal, owner: (String) -> String?) -> Bool {
        if let sender, signal.sender != sender, signal.sender != owner(sender) { return false }
        if let path, signal.path != path { return false }
        if let pathNamespace, !signal.path.isWithin(pathNamespace) { return false }
        if let interface, signal.interface != interface { return false }
        if let member, signal.member != member { return false }
        return true
    }
}
