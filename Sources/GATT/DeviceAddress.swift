/// A device address with its kind (Core 5.4, Vol 6, Part B, 1.3). Adapters and peers are named by it, never by an
/// object path or an hciN number.
package struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, Codable {
        case `public`
        case random
    }

    package let kind: Kind
    /// The lower 48 bits, the most significant byte first as printed.
    package let bits: UInt64

    package init(_ bits: UInt64, kind: Kind) {
        self.bits = bits & 0xFFFF_FFFF_FFFF
        self.kind = kind
    }

    /// Reads the printed form `AA:BB:CC:DD:EE:FF`, in either case.
    package init?(_ text: some StringProtocol, kind: Kind) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var bits: UInt64 = 0
        for part in parts {
            guard part.utf8.count == 2, part.allSatisfy(\.isHexDigit), let byte = UInt8(part, radix: 16) else { return nil }
            bits = bits << 8 | UInt64(byte)
        }
        self.init(bits, kind: kind)
    }

    /// The printed form in upper case, without the kind.
    package var description: String {
        (0..<6).map { index in
            let digits = String(UInt8(truncatingIfNeeded: bits >> UInt64(8 * (5 - index))), radix: 16, uppercase: true)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: ":")
    }
}
