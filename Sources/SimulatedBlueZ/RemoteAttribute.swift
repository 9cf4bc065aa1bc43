internal import DBus
internal import EventLoop
internal import GATT

/// A characteristic of a device, with who listens to it. Confined to `Bluetoothd`.
final class RemoteAttribute {
    /// A socket that a client acquired, or is about to.
    struct Acquisition {
        let id: UInt64
        let owner: String
        var socket: AcquiredSocket?
        /// Receives from the socket, and tells when the client closed it.
        var token: ReceiveLoop.Token?
        /// The owner left the bus.
        var isMute = false
    }

    let device: Device
    let id: CharacteristicID
    let path: ObjectPath
    let properties: CharacteristicProperties

    /// Offset and callers of the Read Request under way.
    var reading: (offset: Int, others: [CheckedContinuation<LinkAnswer, Never>])?
    var isWriting = false

    /// StartNotify sessions by client: whether the CCCD was written for them.
    var sessions: [String: Bool] = [:]
    var isNotifying = false
    var notifyAcquisition: Acquisition?
    var writeAcquisition: Acquisition?
    /// How many want values; the CCCD is set while it is not 0.
    var registrations = 0
    /// Those who wait for the CCCD write under way.
    var configuring: [CheckedContinuation<LinkAnswer, Never>]?

    init(_ characteristic: RemoteTree.Characteristic, of device: Device) {
        self.device = device
        id = characteristic.id
        path = characteristic.path
        properties = characteristic.properties
    }

    var canSend: Bool { !properties.isDisjoint(with: [.notify, .indicate]) }
}
