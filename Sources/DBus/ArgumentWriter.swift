internal import CDBus
internal import EventLoop

/// Appends arguments to a message, checked: libdbus itself ends the process over a value that does not fit its container.
@safe struct ArgumentWriter {
    /// What one message may hold, far below the 128 MiB of the specification: nothing here sends more.
    static let mostBytes = 16 << 20
    /// The specification allows 32 arrays and 32 structures; nothing here nests deeper than this.
    private static let mostLevels = 24

    private var iterator: DBusMessageIter
    private var size = 0
    private let depth: Int

    static func append(_ values: [DBusValue], to message: borrowing Message) throws(DBusError) {
        // Valid types can nest too deep, or be too long, together: libdbus would send them, and the bus would end the connection.
        let types = values.map(\.type.text).joined()
        guard DBusSignature(types) != nil else { throw DBusError(.invalidArgument, "“\(types)” are no types of a message.") }
        unsafe try message.withRaw { raw throws(DBusError) in
            var iterator = unsafe DBusMessageIter()
            unsafe dbus_message_iter_init_append(raw, &iterator)
            var writer = unsafe ArgumentWriter(iterator: iterator, depth: 0)
            for value in values { try writer.append(value) }
        }
    }

    private init(iterator: DBusMessageIter, depth: Int) {
        unsafe self.iterator = iterator
        self.depth = depth
    }

    private mutating func append(_ value: DBusValue) throws(DBusError) {
        try count(8)
        switch value {
        case .byte(let value): try basic(TypeCode.byte, value)
        case .boolean(let value): try basic(TypeCode.boolean, UInt32(value ? 1 : 0))
        case .int16(let value): try basic(TypeCode.int16, value)
        case .uint16(let value): try basic(TypeCode.uint16, value)
        case .int32(let value): try basic(TypeCode.int32, value)
        case .uint32(let value): try basic(TypeCode.uint32, value)
        case .int64(let value): try basic(TypeCode.int64, value)
        case .uint64(let value): try basic(TypeCode.uint64, value)
        case .double(let value): try basic(TypeCode.double, value)
        case .string(let text): try append(text, TypeCode.string)
        case .objectPath(let path): try append(path.text, TypeCode.objectPath)
        case .signature(let signature): try append(signature.text, TypeCode.signature)
        case .bytes(let bytes): try append(bytes)
        case .unixFD(let slot): try append(slot)
        case .variant(let inner):
            guard inner.type.isSingle else { throw DBusError(.invalidArgument, "“\(inner.type)” is no type that a variant can hold.") }
            try container(TypeCode.variant, inner.type.text) { inside throws(DBusError) in try inside.append(inner) }
        case .structure(let members):
            guard !members.isEmpty else { throw DBusError(.invalidArgument, "A structure has at least one member.") }
            try container(TypeCode.structure, nil) { inside throws(DBusError) in
                for member in members { try inside.append(member) }
            }
        case .array(let element, let values): try append(values, each: element)
        case .dictionary(let key, let value, let entries): try append(entries, key, value)
        }
    }

    private mutating func append(_ values: [DBusValue], each element: DBusSignature) throws(DBusError) {
        guard element.isSingle, element.text != "y" else {
            throw DBusError(.invalidArgument, "“\(element)” cannot be the element type of an array; bytes have a case of their own.")
        }
        try container(TypeCode.array, element.text) { inside throws(DBusError) in
            for value in values { try inside.append(value, as: element) }
        }
    }

    private mutating func append(_ entries: [DBusEntry], _ key: DBusSignature, _ value: DBusSignature) throws(DBusError) {
        let element = "{\(key)\(value)}"
        guard DBusSignature("a" + element) != nil else { throw DBusError(.invalidArgument, "“\(element)” is no dictionary entry.") }
        try container(TypeCode.array, element) { inside throws(DBusError) in
            for entry in entries {
                try inside.container(TypeCode.dictionaryEntry, nil) { pair throws(DBusError) in
                    try pair.append(entry.key, as: key)
                    try pair.append(entry.value, as: value)
                }
            }
        }
    }

    private mutating func append(_ value: DBusValue, as type: DBusSignature) throws(DBusError) {
        guard value.type == type else { throw DBusError(.invalidArgument, "A value of type “\(value.type)” stands where “\(type)” belongs.") }
        try append(value)
    }

    private mutating func append(_ slot: DescriptorSlot) throws(DBusError) {
        let isAppended = slot.withRaw { raw in
            var raw = raw
            return unsafe dbus_message_iter_append_basic(&iterator, TypeCode.unixFD, &raw) != 0
        }
        guard isAppended == true else { throw DBusError(.invalidArgument, "A descriptor was taken before it was sent, or cannot be duplicated.") }
    }

    private mutating func append(_ text: String, _ type: Int32) throws(DBusError) {
        guard !text.utf8.contains(0) else { throw DBusError(.invalidArgument, "Text on the bus cannot contain NUL.") }
        try count(text.utf8.count)
        let isAppended = unsafe text.withCString { pointer in
            var pointer: UnsafePointer<CChar>? = unsafe pointer
            return unsafe dbus_message_iter_append_basic(&iterator, type, &pointer) != 0
        }
        guard isAppended else { throw Self.noMemory }
    }

    private mutating func append(_ bytes: [UInt8]) throws(DBusError) {
        try count(bytes.count)
        try container(TypeCode.array, "y") { inside throws(DBusError) in
            guard !bytes.isEmpty else { return }
            let isAppended = unsafe bytes.withUnsafeBufferPointer { buffer in
                var start = buffer.baseAddress
                return unsafe dbus_message_iter_append_fixed_array(&inside.iterator, TypeCode.byte, &start, Int32(buffer.count)) != 0
            }
            guard isAppended else { throw Self.noMemory }
        }
    }

    private mutating func basic<T: BitwiseCopyable>(_ type: Int32, _ value: T) throws(DBusError) {
        var value = value
        guard unsafe dbus_message_iter_append_basic(&iterator, type, &value) != 0 else { throw Self.noMemory }
    }

    private mutating func container(
        _ type: Int32, _ signature: String?, _ body: (inout ArgumentWriter) throws(DBusError) -> Void
    ) throws(DBusError) {
        guard depth < Self.mostLevels else { throw DBusError(.invalidArgument, "A message nests too deep.") }
        var inside = unsafe ArgumentWriter(iterator: DBusMessageIter(), depth: depth + 1)
        inside.size = size
        guard unsafe dbus_message_iter_open_container(&iterator, type, signature, &inside.iterator) != 0 else { throw Self.noMemory }
        do {
            try body(&inside)
        } catch {
            unsafe dbus_message_iter_abandon_container(&iterator, &inside.iterator)
            throw error
        }
        size = inside.size
        guard unsafe dbus_message_iter_close_container(&iterator, &inside.iterator) != 0 else { throw Self.noMemory }
    }

    private mutating func count(_ bytes: Int) throws(DBusError) {
        size += bytes
        guard size < Self.mostBytes else { throw DBusError(.invalidArgument, "A message would be longer than \(Self.mostBytes) bytes.") }
    }

    private static let noMemory = DBusError(.tooMuch, "libdbus has no memory, or no room for more descriptors.")
}
