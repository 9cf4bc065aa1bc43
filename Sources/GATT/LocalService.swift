/// The server's side of a link: what a device offers, whatever radio carries it.
///
/// Conformers: the software cards. Hosts: `MemoryRadio`, `SimulatedBlueZ` and, for a real adapter, `BlueZ`.
/// The host calls from one task per link, in the order of the air; a call that waits holds up that link only.
package protocol LocalService: Sendable {
    /// All services with their characteristics, fixed for the life of the value.
    var services: [ServiceDefinition] { get }

    /// What to advertise now; nil while the device does not advertise. Changes are told by `advertisingChanged()`.
    func advertising() async -> AdvertisingData?

    /// Suspends until what `advertising()` returns may have changed since the call before, or the task is cancelled.
    func advertisingChanged() async

    /// A central connected. `link` stays valid until `disconnected(link)`.
    func connected(_ link: any ServerLink) async

    /// The link is gone. Everything that hung on it ends.
    func disconnected(_ link: any ServerLink) async

    /// A central asks to pair. Throws `PairingRefused` outside pairing mode.
    func pairing(over link: any ServerLink) async throws -> PairingOffer

    /// A host that draws the digits itself, as one with a real controller does, asks what the device's own user would say. Waits for him; cancelled
    /// when the pairing ends first. May come while another call about the same link is under way.
    func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer

    /// Pairing ended: bonded, or why not.
    func paired(over link: any ServerLink, bonded: Bool) async

    /// The host has checked the attribute's security already.
    func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8]

    /// - Parameter request: true for a Write Request, false for a Write Command (whose errors nobody sees).
    func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws

    /// The CCCD changed (Core 5.4, Vol 3, Part G, 3.3.3.3), or was found set for a bonded central right after connecting.
    func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async
}

extension LocalService {
    /// A device without a user.
    package func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer { .no }
}

/// What a host gives a service to act on one link. All calls throw `disconnected` after the link's end.
package protocol ServerLink: Sendable {
    /// The same for every call about one connection, never used again.
    var id: UInt64 { get }
    var central: DeviceAddress { get }
    var maximumTransmissionUnit: Int { get }

    /// Queues a notification; suspends while the transmit queue is full, as a stack does. Order is kept.
    func notify(_ value: [UInt8], on characteristic: CharacteristicID) async throws

    /// Sends an indication and returns when it was confirmed.
    func indicate(_ value: [UInt8], on characteristic: CharacteristicID) async throws

    /// Ends the link from this side.
    func disconnect() async
}

package struct ServiceDefinition: Sendable, Equatable {
    package let uuid: BluetoothUUID
    package let characteristics: [CharacteristicDefinition]

    package init(_ uuid: BluetoothUUID, _ characteristics: [CharacteristicDefinition]) {
        self.uuid = uuid
        self.characteristics = characteristics
    }
}

package struct CharacteristicDefinition: Sendable, Equatable {
    package let uuid: BluetoothUUID
    package let properties: CharacteristicProperties
    /// For the value and its CCCD alike.
    package let security: AttributeSecurity

    package init(_ uuid: BluetoothUUID, _ properties: CharacteristicProperties, security: AttributeSecurity) {
        self.uuid = uuid
        self.properties = properties
        self.security = security
    }
}

/// Characteristic Properties (Core 5.4, Vol 3, Part G, 3.3.1.1), bit for bit.
package struct CharacteristicProperties: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = Self(rawValue: 0x02)
    package static let writeWithoutResponse = Self(rawValue: 0x04)
    package static let write = Self(rawValue: 0x08)
    package static let notify = Self(rawValue: 0x10)
    package static let indicate = Self(rawValue: 0x20)
}

/// LE security mode 1 (Core 5.4, Vol 3, Part C, 10.2.1).
package enum AttributeSecurity: Int, Sendable, Comparable {
    case open = 1
    /// Level 2 or more.
    case encrypted = 2
    /// Level 4: an LE Secure Connections bond that was authenticated.
    case authenticated = 4

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The content of an advertising event, without what a host adds.
package struct AdvertisingData: Sendable, Equatable {
    package let services: [BluetoothUUID]
    package let manufacturerData: [UInt16: [UInt8]]
    /// In the scan response.
    package let name: String?
    /// LE General Discoverable Mode: the device takes pairings now.
    package let isDiscoverable: Bool

    package init(services: [BluetoothUUID], manufacturerData: [UInt16: [UInt8]], name: String?, isDiscoverable: Bool) {
        self.services = services
        self.manufacturerData = manufacturerData
        self.name = name
        self.isDiscoverable = isDiscoverable
    }
}

/// What the device contributes to a pairing.
package enum PairingOffer: Sendable, Equatable {
    /// It shows these six digits; the central's user types them.
    case displaysPasskey(UInt32)
    /// It shows the six digits that both hosts compute, and its user says whether the other side shows the same: the host asks by `answer`.
    case comparesDigits
    /// It can neither show nor take digits.
    case justWorks
}

/// An error a server answers with (Core 5.4, Vol 3, Part F, 3.4.1.1; 0x80 and above are the profile's or common ones).
package struct ATTError: Error, Sendable, Equatable {
    package let code: UInt8
    package init(_ code: UInt8) { self.code = code }

    package static let invalidHandle = ATTError(0x01)
    package static let readNotPermitted = ATTError(0x02)
    package static let writeNotPermitted = ATTError(0x03)
    package static let insufficientAuthentication = ATTError(0x05)
    package static let requestNotSupported = ATTError(0x06)
    package static let invalidLength = ATTError(0x0D)
    package static let unlikelyError = ATTError(0x0E)
    package static let insufficientEncryption = ATTError(0x0F)
    package static let notSubscribed = ATTError(0xFD)
    package static let procedureInProgress = ATTError(0xFE)
}

/// The device does not pair now: Pairing Not Supported (Core 5.4, Vol 3, Part H, 3.5.5, reason 0x05).
package struct PairingRefused: Error, Sendable, Equatable {
    package init() {}
}
