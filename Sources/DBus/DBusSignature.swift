internal import CDBus

/// A type signature, valid by construction (D-Bus Specification 0.41, "Type System"): any number of complete types.
package struct DBusSignature: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Returns: nil when the text is no signature.
    package init?(_ text: String) {
        guard !text.utf8.contains(0), unsafe dbus_signature_validate(text, nil) != 0 else { return nil }
        self.text = text
    }

    /// - Parameter text: known to be valid.
    init(unchecked text: String) { self.text = text }

    /// Whether it is exactly one complete type.
    package var isSingle: Bool { unsafe dbus_signature_validate_single(text, nil) != 0 }

    package static let string = DBusSignature(unchecked: "s")
    package static let objectPath = DBusSignature(unchecked: "o")
    package static let variant = DBusSignature(unchecked: "v")
    package static let bytes = DBusSignature(unchecked: "ay")
    package static let boolean = DBusSignature(unchecked: "b")
    package static let uint16 = DBusSignature(unchecked: "q")
    package static let uint32 = DBusSignature(unchecked: "u")
    package static let unixFD = DBusSignature(unchecked: "h")
    /// `a{sv}`
    package static let properties = DBusSignature(unchecked: "a{sv}")

    package var description: String { text }
}
