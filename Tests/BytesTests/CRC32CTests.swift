import Bytes
import Testing

@Suite struct CRC32CTests {
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes[...])
        return crc.value
    }

    /// RFC 3720, B.4, and the catalogue's check value.
    @Test(
        arguments: [
            ([], 0),
            (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0...31), 0x46DD_794E),
            (Array((0...31).reversed()), 0x113F_DB5C),
        ] as [([UInt8], UInt32)])
    func knownValues(bytes: [UInt8], expected: UInt32) {
        #expect(Self.checksum(bytes) == expected)
    }

    @Test func piecesOfAnyLengthGiveTheSameValue() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 3) }
        let whole = Self.checksum(bytes)
        for step in [1, 2, 3, 7, 8, 9, 15, 16, 17, 244, 999] {
            var crc = CRC32C()
            var start = 0
            while start < bytes.count {
                crc.update(bytes[start..<min(bytes.count, start + step)])
                start += step
            }
            #expect(crc.value == whole, "pieces of \(step)")
        }
    }

    /// Bit by bit, as the polynomial defines it.
    @Test func agreesWithTheDefinition() {
        for length in 0..<64 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            var register = UInt32.max
            for byte in bytes {
                register ^= UInt32(byte)
                for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1 }
            }
            #expect(Self.checksum(bytes) == ~register)
        }
    }
}
