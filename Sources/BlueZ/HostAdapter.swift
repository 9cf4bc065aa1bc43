internal import DBus
internal import GATT

/// An adapter as its properties tell it.
struct HostAdapter: Sendable, Equatable {
    let path: ObjectPath
    let address: DeviceAddress
    var isPowered: Bool

    /// - Returns: nil without an address: then nothing can name it.
    init?(_ path: ObjectPath, _ properties: [String: DBusValue]) {
        guard let address = properties.deviceAddress(else: nil) else { return nil }
        self.path = path
        self.address = address
        isPowered = properties["Powered"]?.asBoolean ?? false
    }

    var info: AdapterInfo {
        AdapterInfo(address: address, name: path.text.split(separator: "/").last.map(String.init) ?? path.text, isPowered: isPowered)
    }
}

extension [String: DBusValue] {
    /// `Address` with `AddressType`; an address without a type is public, one that is not there is `other`.
    func deviceAddress(else other: DeviceAddress?) -> DeviceAddress? {
        let kind = self["AddressType"]?.asString.flatMap(DeviceAddress.Kind.init(rawValue:))
        guard let text = self["Address"]?.asString else {
            guard let other, let kind else { return other }
            return DeviceAddress(other.bits, kind: kind)
        }
        return DeviceAddress(text, kind: kind ?? other?.kind ?? .public)
    }
}
