internal import CDBus

/// The bus's rules for names (D-Bus Specification 0.41, "Valid Names").
enum Names {
    static func check(bus name: String) throws(DBusError) {
        guard !name.utf8.contains(0), unsafe dbus_validate_bus_name(name, nil) != 0 else { throw invalid("bus name", name) }
    }

    static func check(interface name: String) throws(DBusError) {
        guard isInterface(name) else { throw invalid("interface", name) }
    }

    static func check(member name: String) throws(DBusError) {
        guard isMember(name) else { throw invalid("member", name) }
    }

    static func isMember(_ name: String) -> Bool { unsafe !name.utf8.contains(0) && dbus_validate_member(name, nil) != 0 }

    /// Error names have the same form.
    static func isInterface(_ name: String) -> Bool { unsafe !name.utf8.contains(0) && dbus_validate_interface(name, nil) != 0 }

    static func withoutNUL(_ text: String) -> String { text.utf8.contains(0) ? text.replacing("\0", with: "�") : text }

    private static func invalid(_ what: String, _ name: String) -> DBusError {
        DBusError(.invalidArgument, "“\(withoutNUL(name))” is no valid \(what).")
    }
}
