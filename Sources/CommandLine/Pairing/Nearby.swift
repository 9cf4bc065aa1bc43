internal import Bytes
package import GatewayAPI

/// What a pairing window has heard: cards in pairing mode first, then recorders that cannot be paired and what is missing for each.
package struct Nearby: Sendable {
    package struct Device: Sendable, Hashable {
        package let address: String
        package var name: String?
        /// dBm; nil where the radio did not say.
        package var rssi: Int?
        /// nil of a card in pairing mode.
        package var missing: String?
        package var kind: String?
    }

    /// In the order in which they were heard, so that a number means the same card until the end.
    package private(set) var cards: [Device] = []
    package private(set) var others: [Device] = []

    package init() {}

    /// - Returns: whether a device is new, or changed what it is.
    package mutating func take(_ event: PairingEventMessage) -> Bool {
        guard let address = event.address else { return false }
        let known = cards.first { $0.address == address } ?? others.first { $0.address == address }
        let device = Device(
            address: address, name: event.deviceName ?? known?.name, rssi: event.rssi ?? known?.rssi, missing: event.missing, kind: event.kind)
        let isCard = event.state.known == .found
        if let index = cards.firstIndex(where: { $0.address == address }), isCard {
            cards[index] = device
            return false
        }
        if let index = others.firstIndex(where: { $0.address == address }), !isCard {
            others[index] = device
            return false
        }
        cards.removeAll { $0.address == address }
        others.removeAll { $0.address == address }
        if isCard { cards.append(device) } else { others.append(device) }
        return true
    }

    /// A line for each, the cards numbered.
    package var lines: [String] {
        let names = cards.map { Shown.text($0.name ?? "a card") }
        let width = names.map(TextWidth.of).max() ?? 0
        let found = cards.indices.map { index in
            let space = String(repeating: " ", count: width - TextWidth.of(names[index]))
            return "  \(index + 1)  \(names[index])\(space)  \(cards[index].address)  \(Self.bars(cards[index].rssi))"
        }
        return found + others.map(Self.line)
    }

    /// What makes each line new where it is written only once.
    package var keys: [String] { (cards + others).map { "\($0.address) \($0.kind ?? "")" } }

    static func line(_ other: Device) -> String {
        let name = other.name.map { " \"\(Shown.text($0))\"" } ?? ""
        return "  –  \(Shown.text(other.kind))\(name)  \(bars(other.rssi))  \(Shown.text(other.missing))"
    }

    /// Four bars as on a telephone: -55 dBm is beside the box, -90 dBm at the edge of what is heard.
    package static func bars(_ rssi: Int?) -> String {
        guard let rssi else { return "····" }
        let full = rssi >= -55 ? 4 : rssi >= -67 ? 3 : rssi >= -79 ? 2 : 1
        return String("▂▄▆█".prefix(full)) + String(repeating: "·", count: 4 - full) + " \(rssi) dBm"
    }
}
