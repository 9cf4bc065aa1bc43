internal import DBus
internal import GATT

/// A characteristic of a device, with where to call it.
struct HostCharacteristic: Sendable, Equatable {
    let path: ObjectPath
    let service: ObjectPath
    let uuid: BluetoothUUID
    private let flags: Set<String>

    init?(_ path: ObjectPath, _ properties: [String: DBusValue]) {
        guard let service = properties["Service"]?.asPath, let uuid = properties["UUID"]?.asString.flatMap({ BluetoothUUID($0) }) else { return nil }
        self.path = path
        self.service = service
        self.uuid = uuid
        flags = Set(properties["Flags"]?.asStrings ?? [])
    }

    var notifies: Bool { flags.contains("notify") }
    var indicates: Bool { flags.contains("indicate") }
    var takesCommands: Bool { flags.contains("write-without-response") }
}
