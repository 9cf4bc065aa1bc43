internal import GATT

/// A card in the air around the adapters. Confined to `Bluetoothd`, but for what never changes.
struct PlacedCard: Sendable {
    /// What it advertises with.
    let address: DeviceAddress
    /// What whoever is bonded with it knows it by: another one when `address` is a private address.
    let identity: DeviceAddress
    let service: any LocalService
    let maximumTransmissionUnit: Int
    let faults: LinkFaults
    let definitions: [CharacteristicID: CharacteristicDefinition]
    /// Becomes true when the card is taken away.
    let isRemoved = WaitableState(false)
    var advertising: AdvertisingData?
    var isInRange = true
    var link: Link?

    init(_ service: any LocalService, at address: DeviceAddress, identity: DeviceAddress, maximumTransmissionUnit: Int, faults: LinkFaults) {
        self.address = address
        self.identity = identity
        self.service = service
        self.maximumTransmissionUnit = maximumTransmissionUnit
        self.faults = faults
        var definitions: [CharacteristicID: CharacteristicDefinition] = [:]
        for offered in service.services {
            for characteristic in offered.characteristics {
                definitions[CharacteristicID(service: offered.uuid, characteristic: characteristic.uuid)] = characteristic
            }
        }
        self.definitions = definitions
    }

    /// What an adapter hears now: a card advertises only while nobody is connected to it.
    var audible: AdvertisingData? { isInRange && link == nil ? advertising : nil }
}
