/// A card's serial number as the profile's Device Information gives it: 1 to 32 of A-Z a-z 0-9 . _ -
///
/// A card whose serial has other characters is refused at pairing: the serial stands in natural keys, on which gateways
/// must agree, and in paths of a destination.
package struct CardSerial: Hashable, Sendable, CustomStringConvertible, Codable {
    package let description: String

    package init?(_ text: some StringProtocol) {
        guard (1...32).contains(text.utf8.count), text.first != ".",
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
            })
        else { return nil }
        description = String(text)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A serial number is 1 to 32 of A-Z a-z 0-9 . _ -")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// One life of a card's storage: numbers start at 1 in it and are never used twice.
package struct Generation: Hashable, Sendable, CustomStringConvertible {
    package let serial: CardSerial
    package let number: UInt32

    package init(serial: CardSerial, number: UInt32) {
        self.serial = serial
        self.number = number
    }

    /// `SERIAL/GENERATION`, the generation as 8 hexadecimal digits.
    package var description: String {
        let digits = String(number, radix: 16)
        return "\(serial)/" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The natural key of a recording, the same on all gateways: `SERIAL/GENERATION/rNUMBER`.
    package func recordingKey(_ number: UInt32) -> String { "\(self)/r\(number)" }

    /// The natural key of an event, the same on all gateways: `SERIAL/GENERATION/eNUMBER`.
    package func eventKey(_ number: UInt32) -> String { "\(self)/e\(number)" }
}

/// A SHA-256 digest.
package struct SHA256Digest: Hashable, Sendable, CustomStringConvertible, Codable {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads 64 hexadecimal digits.
    package init?(hex text: some StringProtocol) {
        // Digit by digit: the integer parsers take signs as well.
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// The first eight bytes, which a card shows in its list.
    package var prefix: [UInt8] { Array(bytes.prefix(8)) }

    /// 64 hexadecimal digits in lower case.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(hex: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A SHA-256 digest is 64 hexadecimal digits.")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
