/// A Bluetooth UUID: 128 bits; 16-bit numbers stand on the Bluetooth Base UUID (Core 5.4, Vol 3, Part B, 2.5.1).
package struct BluetoothUUID: Hashable, Sendable, CustomStringConvertible {
    /// The first 8 bytes as printed.
    package let high: UInt64
    /// The last 8 bytes as printed.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An assigned number, such as 0x180A.
    package init(_ assigned: UInt16) {
        self.init(high: UInt64(assigned) << 32 | 0x1000, low: 0x8000_0080_5F9B_34FB)
    }

    /// Reads the printed form of 36 characters, in either case.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        guard let high = UInt64(parts[0...2].joined(), radix: 16), let low = UInt64(parts[3...4].joined(), radix: 16) else { return nil }
        guard !text.contains("+") else { return nil }
        self.init(high: high, low: low)
    }

    /// The printed form in lower case, as BlueZ writes it.
    package var description: String {
        let digits = Self.hex(high) + Self.hex(low)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(position) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One characteristic of a peer by the UUIDs of its service and its own. The profile has no service twice.
package struct CharacteristicID: Hashable, Sendable, CustomStringConvertible {
    package let service: BluetoothUUID
    package let characteristic: BluetoothUUID

    package init(service: BluetoothUUID, characteristic: BluetoothUUID) {
        self.service = service
        self.characteristic = characteristic
    }

    package var description: String { "\(service)/\(characteristic)" }
}
