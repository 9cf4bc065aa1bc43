package import EventLoop

/// One complete value of the bus's type system. A byte array is one `[UInt8]`.
package indirect enum DBusValue: Sendable, Equatable {
    case byte(UInt8)
    case boolean(Bool)
    case int16(Int16)
    case uint16(UInt16)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    /// Without NUL.
    case string(String)
    case objectPath(ObjectPath)
    case signature(DBusSignature)
    /// `ay`
    case bytes([UInt8])
    /// Any other array. All elements have the type `of`, which is one complete type and neither a byte nor a dictionary entry.
    case array(of: DBusSignature, [DBusValue])
    /// An array of dictionary entries, in order. The key's type is basic.
    case dictionary(key: DBusSignature, value: DBusSignature, [DBusEntry])
    /// At least one member.
    case structure([DBusValue])
    case variant(DBusValue)
    /// Sending duplicates the descriptor; a received one is closed unless it is taken.
    case unixFD(DescriptorSlot)

    /// `as`
    package static func strings(_ strings: [String]) -> DBusValue { .array(of: .string, strings.map(DBusValue.string)) }

    /// `a{sv}`: every value is put into a variant.
    package static func properties(_ properties: [String: DBusValue]) -> DBusValue {
        .dictionary(
            key: .string, value: .variant,
            properties.sorted { $0.key < $1.key }.map { DBusEntry(.string($0.key), .variant($0.value)) })
    }

    /// The type of this value, as `signature` tells it in messages.
    package var type: DBusSignature { DBusSignature(unchecked: typeText) }

    private var typeText: String {
        switch self {
        case .byte: "y"
        case .boolean: "b"
        case .int16: "n"
        case .uint16: "q"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .objectPath: "o"
        case .signature: "g"
        case .bytes: "ay"
        case .array(let element, _): "a" + element.text
        case .dictionary(let key, let value, _): "a{" + key.text + value.text + "}"
        case .structure(let members): "(" + members.map(\.typeText).joined() + ")"
        case .variant: "v"
        case .unixFD: "h"
        }
    }

    /// Descriptors are the same only when they are the same object.
    package static func == (a: DBusValue, b: DBusValue) -> Bool {
        switch (a, b) {
        case (.byte(let a), .byte(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.int16(let a), .int16(let b)): a == b
        case (.uint16(let a), .uint16(let b)): a == b
        case (.int32(let a), .int32(let b)): a == b
        case (.uint32(let a), .uint32(let b)): a == b
        case (.int64(let a), .int64(let b)): a == b
        case (.uint64(let a), .uint64(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.objectPath(let a), .objectPath(let b)): a == b
        case (.signature(let a), .signature(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.array(let a, let x), .array(let b, let y)): a == b && x == y
        case (.dictionary(let a, let c, let x), .dictionary(let b, let d, let y)): a == b && c == d && x == y
        case (.structure(let a), .structure(let b)): a == b
        case (.variant(let a), .variant(let b)): a == b
        case (.unixFD(let a), .unixFD(let b)): a === b
        default: false
        }
    }
}

/// One entry of a dictionary.
package struct DBusEntry: Sendable, Equatable {
    package let key: DBusValue
    package let value: DBusValue

    package init(_ key: DBusValue, _ value: DBusValue) {
        self.key = key
        self.value = value
    }
}
