internal import DBus
internal import GATT

/// The services of one device as service discovery finds them, with their handles and object paths.
struct RemoteTree: Sendable {
    struct Service: Sendable {
        let uuid: BluetoothUUID
        let path: ObjectPath
        let characteristics: [Characteristic]
    }

    struct Characteristic: Sendable {
        let id: CharacteristicID
        let path: ObjectPath
        let properties: CharacteristicProperties
        /// Of the Client Characteristic Configuration; nil without notifications and indications.
        let descriptor: ObjectPath?
    }

    /// Generic Access, claimed by bluetoothd's own plugin: no object.
    static let genericAccess = BluetoothUUID(0x1800)
    static let genericAttribute = BluetoothUUID(0x1801)
    static let serviceChanged = CharacteristicID(service: genericAttribute, characteristic: BluetoothUUID(0x2A05))
    static let batteryLevel = CharacteristicID(service: BluetoothUUID(0x180F), characteristic: BluetoothUUID(0x2A19))
    static let configuration = BluetoothUUID(0x2902)

    /// What is exported, in the order of the handles.
    let services: [Service]
    /// Of all primary services, as Device1.UUIDs tells them.
    let uuids: [String]

    /// - Parameter offered: what the card's application offers; every stack adds Generic Access and Generic Attribute.
    init(_ offered: [ServiceDefinition], below device: ObjectPath) {
        let attribute = ServiceDefinition(
            Self.genericAttribute, [CharacteristicDefinition(Self.serviceChanged.characteristic, .indicate, security: .open)])
        let own = [Self.genericAccess, Self.genericAttribute]
        // Generic Access with name and appearance takes the handles 1 to 5.
        var next = 6
        services = ([attribute] + offered.filter { !own.contains($0.uuid) }).map { definition in
            let path = device.appending("service" + Self.digits(next))
            next += 1
            let characteristics = definition.characteristics.map { characteristic in
                let isConfigurable = !characteristic.properties.isDisjoint(with: [.notify, .indicate])
                let own = path.appending("char" + Self.digits(next))
                defer { next += isConfigurable ? 3 : 2 }
                return Characteristic(
                    id: CharacteristicID(service: definition.uuid, characteristic: characteristic.uuid), path: own,
                    properties: characteristic.properties, descriptor: isConfigurable ? own.appending("desc" + Self.digits(next + 2)) : nil)
            }
            return Service(uuid: definition.uuid, path: path, characteristics: characteristics)
        }
        uuids = ([Self.genericAccess] + services.map(\.uuid)).map(\.description)
    }

    private static func digits(_ handle: Int) -> String {
        let digits = String(handle, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension CharacteristicProperties {
    /// GattCharacteristic1.Flags, in the order of the bits.
    var flags: [String] {
        let names: [(Self, String)] = [
            (.read, "read"), (.writeWithoutResponse, "write-without-response"), (.write, "write"), (.notify, "notify"), (.indicate, "indicate"),
        ]
        return names.filter { contains($0.0) }.map(\.1)
    }
}
