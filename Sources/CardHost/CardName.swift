internal import Bytes
package import GATT
package import Recordings

/// What a software card is called on this machine; its serial number and address follow from it, so that it is the same card each time.
package struct CardName: Hashable, Sendable, CustomStringConvertible, Comparable {
    package let description: String

    /// 1 to 32 of a-z 0-9 _ -, and not one of the words that stand in its place on the command line.
    package init?(_ text: String) {
        guard (1...32).contains(text.utf8.count), text != "simulate", text != "serve", text != "help", text.first != "-",
            text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D })
        else { return nil }
        description = text
    }

    package static func < (a: Self, b: Self) -> Bool { a.description < b.description }

    private var hash: UInt32 {
        var checksum = CRC32C()
        checksum.update(Array(description.utf8)[...])
        return checksum.value
    }

    /// `SC-` and eight digits.
    package var serial: CardSerial? {
        let digits = String(hash, radix: 16, uppercase: true)
        return CardSerial("SC-" + String(repeating: "0", count: 8 - digits.count) + digits)
    }

    /// A static random address (Core 5.4, Vol 6, Part B, 1.3.2.1): its two upper bits are set.
    package var address: DeviceAddress { DeviceAddress(0xC0_5C << 32 | UInt64(hash), kind: .random) }
}
