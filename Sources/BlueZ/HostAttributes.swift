internal import DBus
internal import GATT

/// The services and characteristics of one device, bounded: a device that has more than anybody needs costs no other device its own.
struct HostAttributes: Sendable {
    /// Of either kind. A recorder has five services and some twenty characteristics; a hostile one has as many as it has handles.
    static let most = 256

    private var services: [ObjectPath: BluetoothUUID] = [:]
    private var characteristics: [ObjectPath: HostCharacteristic] = [:]
    /// Whether anything of it found no room since the device is there.
    private(set) var isCut = false

    var uuids: Set<BluetoothUUID> { Set(services.values) }
    var anyCharacteristic: HostCharacteristic? { characteristics.values.first }

    func characteristic(_ id: CharacteristicID) -> HostCharacteristic? {
        characteristics.values.first { $0.uuid == id.characteristic && services[$0.service] == id.service }
    }

    mutating func add(service path: ObjectPath, _ uuid: BluetoothUUID) {
        guard hasRoom(for: path, in: services) else { return }
        services[path] = uuid
    }

    mutating func add(_ characteristic: HostCharacteristic) {
        guard hasRoom(for: characteristic.path, in: characteristics) else { return }
        characteristics[characteristic.path] = characteristic
    }

    mutating func remove(service path: ObjectPath) { services[path] = nil }
    mutating func remove(characteristic path: ObjectPath) { characteristics[path] = nil }

    private mutating func hasRoom<Value>(for path: ObjectPath, in there: [ObjectPath: Value]) -> Bool {
        guard there.count >= Self.most, there[path] == nil else { return true }
        isCut = true
        return false
    }
}
