internal import CardProfile
package import GATT

/// The characteristics that a software card serves (Recorder Card Profile, Services on the card).
package enum ServedCharacteristic {
    private static func recorder(_ number: UInt16) -> BluetoothUUID {
        let (high, low) = RecorderUUID.full(number)
        return BluetoothUUID(high: high, low: low)
    }

    private static func own(_ number: UInt16) -> CharacteristicID {
        CharacteristicID(service: service, characteristic: recorder(number))
    }

    private static func information(_ number: UInt16) -> CharacteristicID {
        CharacteristicID(service: BluetoothUUID(RecorderUUID.deviceInformation), characteristic: BluetoothUUID(number))
    }

    package static let service = recorder(RecorderUUID.service)
    package static let features = own(RecorderUUID.features)
    package static let status = own(RecorderUUID.status)
    package static let controlPoint = own(RecorderUUID.controlPoint)
    package static let transfer = own(RecorderUUID.transfer)
    package static let events = own(RecorderUUID.events)
    package static let battery = CharacteristicID(
        service: BluetoothUUID(RecorderUUID.battery), characteristic: BluetoothUUID(RecorderUUID.batteryLevel))
    package static let serial = information(RecorderUUID.serialNumber)

    /// What Device Information says beside the serial number.
    static let information: [(id: CharacteristicID, text: String)] = [
        (information(RecorderUUID.manufacturerName), "Earshot"), (information(RecorderUUID.modelNumber), "Software Card"),
        (information(RecorderUUID.hardwareRevision), "1"), (information(RecorderUUID.firmwareRevision), "1.0"),
    ]

    /// - Parameter justWorksOnly: capability 2: every "authenticated" reads "encrypted".
    static func services(justWorksOnly: Bool) -> [ServiceDefinition] {
        let level: AttributeSecurity = justWorksOnly ? .encrypted : .authenticated
        return [
            ServiceDefinition(
                serial.service,
                ([serial] + information.map(\.id)).map { CharacteristicDefinition($0.characteristic, [.read], security: .encrypted) }),
            ServiceDefinition(battery.service, [CharacteristicDefinition(battery.characteristic, [.read, .notify], security: .encrypted)]),
            ServiceDefinition(
                service,
                [
                    CharacteristicDefinition(features.characteristic, [.read], security: .encrypted),
                    CharacteristicDefinition(status.characteristic, [.read, .notify], security: level),
                    CharacteristicDefinition(controlPoint.characteristic, [.write, .indicate], security: level),
                    CharacteristicDefinition(transfer.characteristic, [.notify, .writeWithoutResponse], security: level),
                    CharacteristicDefinition(events.characteristic, [.notify], security: level),
                ]),
        ]
    }
}
