internal import Glibc

/// Where a bus listens.
package struct DBusAddress: Sendable, Equatable {
    /// As the D-Bus Specification writes it; `unix:` transports only, since others would start programs or cross the network.
    package let text: String

    /// - Returns: nil when it names another transport, or nothing.
    package init?(_ text: String) {
        let parts = text.split(separator: ";")
        guard !parts.isEmpty, parts.allSatisfy({ $0.hasPrefix("unix:") }), !text.utf8.contains(0) else { return nil }
        self.text = text
    }

    /// The system bus: DBUS_SYSTEM_BUS_ADDRESS, or its usual place.
    ///
    /// - Returns: nil when the variable holds no address that can be used.
    package static func system() -> DBusAddress? {
        guard let variable = unsafe getenv("DBUS_SYSTEM_BUS_ADDRESS") else { return DBusAddress("unix:path=/run/dbus/system_bus_socket") }
        return DBusAddress(unsafe String(cString: variable))
    }
}
