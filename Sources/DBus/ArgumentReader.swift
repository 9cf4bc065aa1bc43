internal import CDBus
internal import EventLoop

/// Reads the arguments of a message, or what one container holds. Valid as long as the message.
///
/// libdbus has checked lengths, text, nesting (64 levels) and the message's size before.
@safe struct ArgumentReader {
    private var iterator: DBusMessageIter

    /// All arguments. Each descriptor is a duplicate that the caller owns.
    static func arguments(of message: borrowing Message) throws(DBusError) -> [DBusValue] {
        unsafe try message.withRaw { raw throws(DBusError) in
            var iterator = unsafe DBusMessageIter()
            guard unsafe dbus_message_iter_init(raw, &iterator) != 0 else { return [] }
            var reader = unsafe ArgumentReader(iterator: iterator)
            return try reader.rest()
        }
    }

    private init(iterator: DBusMessageIter) { unsafe self.iterator = iterator }

    private mutating func rest() throws(DBusError) -> [DBusValue] {
        var values: [DBusValue] = []
        while type() != TypeCode.invalid { values.append(try next()) }
        return values
    }

    private mutating func next() throws(DBusError) -> DBusValue {
        let value = try value()
        unsafe dbus_message_iter_next(&iterator)
        return value
    }

    private mutating func value() throws(DBusError) -> DBusValue {
        switch type() {
        case TypeCode.byte: return .byte(basic(0))
        case TypeCode.boolean: return .boolean(basic(UInt32(0)) != 0)
        case TypeCode.int16: return .int16(basic(0))
        case TypeCode.uint16: return .uint16(basic(0))
        case TypeCode.int32: return .int32(basic(0))
        case TypeCode.uint32: return .uint32(basic(0))
        case TypeCode.int64: return .int64(basic(0))
        case TypeCode.uint64: return .uint64(basic(0))
        case TypeCode.double: return .double(basic(0))
        case TypeCode.string: return .string(text())
        case TypeCode.objectPath: return .objectPath(ObjectPath(text()) ?? .root)
        case TypeCode.signature: return .signature(DBusSignature(unchecked: text()))
        case TypeCode.unixFD:
            let descriptor = basic(Int32(-1))
            guard descriptor >= 0 else { throw DBusError(.tooMuch, "A received descriptor could not be duplicated.") }
            return .unixFD(DescriptorSlot(Descriptor(adopting: descriptor)))
        case TypeCode.variant:
            var inner = contents()
            return .variant(try inner.value())
        case TypeCode.structure:
            var inner = contents()
            return .structure(try inner.rest())
        case TypeCode.array: return try array()
        case let type: throw DBusError(.invalidMessage, "A message has a value of the unknown type \(type).")
        }
    }

    private mutating func array() throws(DBusError) -> DBusValue {
        let elementType = unsafe dbus_message_iter_get_element_type(&iterator)
        var inner = contents()
        if elementType == TypeCode.byte { return .bytes(inner.bytes()) }
        let element = inner.signature()
        guard elementType == TypeCode.dictionaryEntry else { return .array(of: DBusSignature(unchecked: element), try inner.rest()) }
        var entries: [DBusEntry] = []
        while inner.type() != TypeCode.invalid {
            var entry = inner.contents()
            entries.append(DBusEntry(try entry.next(), try entry.next()))
            unsafe dbus_message_iter_next(&inner.iterator)
        }
        // “{sv}”: the key is one basic type, thus one character.
        return .dictionary(
            key: DBusSignature(unchecked: String(element.dropFirst().prefix(1))),
            value: DBusSignature(unchecked: String(element.dropFirst(2).dropLast())), entries)
    }

    private mutating func type() -> Int32 { unsafe dbus_message_iter_get_arg_type(&iterator) }

    private mutating func contents() -> ArgumentReader {
        var inner = unsafe DBusMessageIter()
        unsafe dbus_message_iter_recurse(&iterator, &inner)
        return unsafe ArgumentReader(iterator: inner)
    }

    private mutating func bytes() -> [UInt8] {
        var start: UnsafePointer<UInt8>?
        var count: Int32 = 0
        unsafe dbus_message_iter_get_fixed_array(&iterator, &start, &count)
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    private mutating func basic<T: BitwiseCopyable>(_ initial: T) -> T {
        var value = initial
        unsafe dbus_message_iter_get_basic(&iterator, &value)
        return value
    }

    private mutating func text() -> String {
        var text: UnsafePointer<CChar>?
        unsafe dbus_message_iter_get_basic(&iterator, &text)
        return unsafe text.map { unsafe String(cString: $0) } ?? ""
    }

    /// The type of what comes next; in an array also when nothing does.
    private mutating func signature() -> String {
        guard let text = unsafe dbus_message_iter_get_signature(&iterator) else { return "" }
        defer { unsafe dbus_free(text) }
        return unsafe String(cString: text)
    }
}
