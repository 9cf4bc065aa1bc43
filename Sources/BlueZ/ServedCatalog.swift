internal import DBus
internal import GATT

/// The services of a device with the objects that stand for them on the bus.
struct ServedCatalog: Sendable {
    struct Characteristic: Sendable {
        let id: CharacteristicID
        let path: ObjectPath
        let definition: CharacteristicDefinition

        /// The flags of GattCharacteristic1 that say so.
        var flags: [String] {
            let level =
                switch definition.security {
                case .open: ""
                case .encrypted: "encrypt-"
                case .authenticated: "secure-"
                }
            var flags: [String] = []
            for (property, name) in [(.read, "read"), (.write, "write"), (.notify, "notify"), (.indicate, "indicate")]
                as [(CharacteristicProperties, _)]
            where definition.properties.contains(property) {
                flags.append(name)
                if !level.isEmpty { flags.append(level + name) }
            }
            // There is no flag for the security of commands alone: the link checks them.
            if definition.properties.contains(.writeWithoutResponse) { flags.append("write-without-response") }
            return flags
        }
    }

    let root: ObjectPath
    let services: [(path: ObjectPath, uuid: BluetoothUUID, characteristics: [Characteristic])]
    private let byID: [CharacteristicID: Characteristic]

    init(_ definitions: [ServiceDefinition], at root: ObjectPath) {
        self.root = root
        services = definitions.enumerated().map { number, service in
            let path = root.appending("service\(number)")
            return (
                path, service.uuid,
                service.characteristics.enumerated().map { number, characteristic in
                    Characteristic(
                        id: CharacteristicID(service: service.uuid, characteristic: characteristic.uuid), path: path.appending("char\(number)"),
                        definition: characteristic)
                }
            )
        }
        byID = Dictionary(services.flatMap(\.characteristics).map { ($0.id, $0) }) { first, _ in first }
    }

    subscript(id: CharacteristicID) -> Characteristic? { byID[id] }

    var paths: [ObjectPath] { services.flatMap { [$0.path] + $0.characteristics.map(\.path) } }
}
