internal import CardProfile
package import GATT

/// The profile's attributes as this stack names them.
package enum RecorderAttributes {
    package static let service = own(RecorderUUID.service)
    package static let features = characteristic(RecorderUUID.features)
    package static let status = characteristic(RecorderUUID.status)
    package static let controlPoint = characteristic(RecorderUUID.controlPoint)
    package static let transfer = characteristic(RecorderUUID.transfer)
    package static let events = characteristic(RecorderUUID.events)

    package static let serialNumber = deviceInformation(RecorderUUID.serialNumber)
    package static let manufacturerName = deviceInformation(RecorderUUID.manufacturerName)
    package static let modelNumber = deviceInformation(RecorderUUID.modelNumber)
    package static let firmwareRevision = deviceInformation(RecorderUUID.firmwareRevision)

    private static func own(_ number: UInt16) -> BluetoothUUID {
        let (high, low) = RecorderUUID.full(number)
        return BluetoothUUID(high: high, low: low)
    }

    private static func characteristic(_ number: UInt16) -> CharacteristicID {
        CharacteristicID(service: service, characteristic: own(number))
    }

    private static func deviceInformation(_ number: UInt16) -> CharacteristicID {
        CharacteristicID(service: BluetoothUUID(RecorderUUID.deviceInformation), characteristic: BluetoothUUID(number))
    }
}
