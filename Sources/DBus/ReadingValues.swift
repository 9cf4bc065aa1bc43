package import EventLoop

/// Reading a value as what it should be: nil when it is something else. Variants are looked into.
extension DBusValue {
    /// What the variants around it hold.
    package var content: DBusValue {
        var value = self
        while case .variant(let inner) = value { value = inner }
        return value
    }

    package var asString: String? { if case .string(let value) = content { value } else { nil } }
    package var asBoolean: Bool? { if case .boolean(let value) = content { value } else { nil } }
    package var asBytes: [UInt8]? { if case .bytes(let value) = content { value } else { nil } }
    package var asPath: ObjectPath? { if case .objectPath(let value) = content { value } else { nil } }
    package var asDescriptor: DescriptorSlot? { if case .unixFD(let value) = content { value } else { nil } }

    /// Any integer type that fits.
    package var asInteger: Int? {
        switch content {
        case .byte(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint32(let value): Int(exactly: value)
        case .int64(let value): Int(exactly: value)
        case .uint64(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The elements of an array other than of bytes.
    package var asArray: [DBusValue]? { if case .array(_, let value) = content { value } else { nil } }

    /// nil also when one element is no string.
    package var asStrings: [String]? {
        guard let elements = asArray else { return nil }
        let strings = elements.compactMap(\.asString)
        return strings.count == elements.count ? strings : nil
    }

    package var asEntries: [DBusEntry]? { if case .dictionary(_, _, let value) = content { value } else { nil } }

    /// A dictionary with strings as keys, its values without the variants around them. Of equal keys the last counts.
    package var asProperties: [String: DBusValue]? {
        guard let entries = asEntries else { return nil }
        var properties: [String: DBusValue] = [:]
        for entry in entries {
            guard case .string(let name) = entry.key else { return nil }
            properties[name] = entry.value.content
        }
        return properties
    }
}

extension [DBusValue] {
    /// The argument at a position, read as `read` says.
    ///
    /// - Throws: `invalidMessage` that names what was expected.
    package func argument<R>(_ position: Int, _ expected: String, _ read: (DBusValue) -> R?) throws(DBusError) -> R {
        guard indices.contains(position), let value = read(self[position]) else {
            let found = map(\.type.text).joined()
            throw DBusError(.invalidMessage, "Argument \(position) should be \(expected); the arguments are “\(found)”.")
        }
        return value
    }
}
