internal import DBus

/// The options of ReadValue and WriteValue that bluetoothd looks at.
struct GattOptions {
    var offset = 0
    var type: String?

    init(_ properties: [String: DBusValue]) throws(DBusError) {
        if let value = properties["offset"] {
            guard case .uint16(let offset) = value else { throw .invalidArguments }
            self.offset = Int(offset)
        }
        if let value = properties["type"] {
            guard case .string(let type) = value else { throw .invalidArguments }
            self.type = type
        }
    }
}
