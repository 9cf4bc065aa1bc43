/// The path of an object on the bus, valid by construction (D-Bus Specification 0.41, "Valid Object Paths").
package struct ObjectPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let root = ObjectPath(unchecked: "/")

    package let text: String

    /// - Returns: nil when the text is no object path.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.first == 0x2F else { return nil }
        if text.utf8.count > 1 {
            for element in text.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
                guard !element.isEmpty, element.allSatisfy(Self.isAllowed) else { return nil }
            }
        }
        self.text = String(text)
    }

    private init(unchecked text: String) { self.text = text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    /// A child of this path. Bytes that no path may have become `_`.
    package func appending(_ element: String) -> ObjectPath {
        let clean = String(decoding: element.utf8.map { Self.isAllowed($0) ? $0 : 0x5F }, as: UTF8.self)
        return ObjectPath(unchecked: (self == .root ? "" : text) + "/" + (clean.isEmpty ? "_" : clean))
    }

    /// The path without its last element; nil for the root.
    package var parent: ObjectPath? {
        guard self != .root, let slash = text.lastIndex(of: "/") else { return nil }
        return slash == text.startIndex ? .root : ObjectPath(unchecked: String(text[..<slash]))
    }

    /// Whether this is `other` or lies below it.
    package func isWithin(_ other: ObjectPath) -> Bool {
        self == other || text.hasPrefix(other == .root ? "/" : other.text + "/")
    }

    package static func < (a: ObjectPath, b: ObjectPath) -> Bool { a.text < b.text }
    package var description: String { text }
}
