import DBus

/// D-Bus messages: what libdbus takes is read to the types that it says, and whatever somebody here wants to send is refused or comes back
/// as it was; libdbus itself would end the process over it.
enum BusEntry {
    static func run(_ input: [UInt8]) {
        var draws = Draws(input)
        switch draws.byte() % 4 {
        case 0: message(draws.all())
        case 1:
            let signature = draws.bytes(draws.number(below: 64))
            message(header(of: signature, body: draws.all()))
        case 2:
            var left = 200
            sent((0..<1 + draws.number(below: 4)).map { _ in value(&draws, depth: 0, left: &left) })
        default: names(String(decoding: draws.all(), as: UTF8.self))
        }
    }

    private static func message(_ bytes: [UInt8]) {
        guard let read = try? MarshalledMessage(bytes) else { return }
        let arguments = read.signal.arguments
        check(arguments.map(\.type.text).joined() == read.signature, "the arguments have the types that the message says")
        var values = 0
        for argument in arguments { look(at: argument, count: &values) }
        check(values <= bytes.count, "a value takes a byte or more")
        sent(arguments)
    }

    /// Reads a value in every way.
    private static func look(at value: DBusValue, count: inout Int) {
        count += 1
        if case .variant = value.content { check(false, "the content of a variant is none") }
        if let strings = value.asStrings { check(strings.count == value.asArray?.count, "strings are all of them") }
        if let properties = value.asProperties { check(properties.count <= value.asEntries?.count ?? 0, "properties are entries") }
        _ = value.asInteger
        switch value {
        case .array(_, let elements), .structure(let elements): for element in elements { look(at: element, count: &count) }
        case .dictionary(_, _, let entries):
            for entry in entries {
                look(at: entry.key, count: &count)
                look(at: entry.value, count: &count)
            }
        case .variant(let inner): look(at: inner, count: &count)
        default: break
        }
    }

    /// What can be sent comes back, byte for byte the same when it is sent again.
    private static func sent(_ arguments: [DBusValue]) {
        guard let bytes = try? MarshalledMessage.bytes(of: arguments) else { return }
        guard let read = try? MarshalledMessage(bytes) else { return check(false, "a message from here is valid") }
        check(read.signal.path == .root && read.signal.member == "Changed" && read.signal.interface == "org.example.Interface", "the header is read")
        check(read.signal.arguments.map(\.type) == arguments.map(\.type), "arguments keep their types")
        check((try? MarshalledMessage.bytes(of: read.signal.arguments)) == bytes, "arguments come back as they were")
    }

    /// A signal of little-endian order with this body.
    private static func header(of signature: [UInt8], body: [UInt8]) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        func text(_ text: String) -> [UInt8] { number(text.utf8.count) + text.utf8 + [0] }
        func aligned(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: -bytes.count & 7) }
        func field(_ code: UInt8, _ type: Character, _ value: [UInt8]) -> [UInt8] { [code, 1, type.asciiValue ?? 0, 0] + value }
        let fields =
            aligned(field(1, "o", text("/"))) + aligned(field(2, "s", text("a.b"))) + aligned(field(3, "s", text("C")))
            + field(8, "g", [UInt8(signature.count)] + signature + [0])
        return aligned([UInt8(ascii: "l"), 4, 0, 1] + number(body.count) + number(1) + number(fields.count) + fields) + body
    }

    /// A value as the input says, valid or not.
    private static func value(_ draws: inout Draws, depth: Int, left: inout Int) -> DBusValue {
        left -= 1
        guard depth < 40, left > 0 else { return .byte(draws.byte()) }
        switch draws.byte() % 20 {
        case 0: return .byte(draws.byte())
        case 1: return .boolean(draws.bool())
        case 2: return .int16(Int16(truncatingIfNeeded: Int(draws.u16())))
        case 3: return .uint16(draws.u16())
        case 4: return .int32(Int32(truncatingIfNeeded: Int(draws.u32())))
        case 5: return .uint32(draws.u32())
        case 6: return .int64(Int64(truncatingIfNeeded: draws.u64()))
        case 7: return .uint64(draws.u64())
        case 8: return .double(Double(bitPattern: draws.u64()))
        case 9: return .string(text(&draws))
        case 10: return .objectPath(ObjectPath(text(&draws)) ?? .root.appending(text(&draws)))
        case 11: return .signature(DBusSignature(text(&draws)) ?? .properties)
        case 12: return .bytes(draws.bytes(draws.number(below: 64)))
        case 13: return .array(of: DBusSignature(text(&draws)) ?? .string, [])
        case 14:
            let element = value(&draws, depth: depth + 1, left: &left)
            return .array(of: element.type, [DBusValue](repeating: element, count: depth < 3 ? draws.number(below: 5) : 1))
        case 15: return .array(of: DBusSignature(text(&draws)) ?? .variant, [value(&draws, depth: depth + 1, left: &left)])
        case 16:
            let (key, entry) = (value(&draws, depth: depth + 1, left: &left), value(&draws, depth: depth + 1, left: &left))
            return .dictionary(
                key: key.type, value: entry.type, [DBusEntry](repeating: DBusEntry(key, entry), count: depth < 3 ? draws.number(below: 3) : 1))
        case 17: return .structure((0..<draws.number(below: 4)).map { _ in value(&draws, depth: depth + 1, left: &left) })
        case 18: return .properties([text(&draws): value(&draws, depth: depth + 1, left: &left)])
        default: return .variant(value(&draws, depth: depth + 1, left: &left))
        }
    }

    private static func text(_ draws: inout Draws) -> String { String(decoding: draws.bytes(draws.number(below: 32)), as: UTF8.self) }

    private static func names(_ text: String) {
        if let path = ObjectPath(text) {
            check(path.text == text && path.isWithin(.root) && path.isWithin(path), "a path is within the root")
            if let parent = path.parent { check(path.isWithin(parent) && parent != path, "a path is within its parent") }
            check((try? MarshalledMessage.bytes(of: [.objectPath(path)])) != nil, "libdbus takes our paths")
        }
        let child = ObjectPath.root.appending(text)
        check(ObjectPath(child.text) == child && child.parent == .root, "a child of any name is a path")
        if let signature = DBusSignature(text) {
            check(signature.text == text && signature.text.utf8.count <= 255, "a signature is bounded")
            check((try? MarshalledMessage.bytes(of: [.signature(signature)])) != nil, "libdbus takes our signatures")
        }
        let argument = DBusValue.string(text)
        check(((try? MarshalledMessage.bytes(of: [argument])) == nil) == text.utf8.contains(0), "any text without NUL is sent")
    }
}
