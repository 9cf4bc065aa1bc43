/// The two checksums of cards and files, bit by bit as their specifications define them: what the product's own are judged by.
enum PlainChecksum {
    /// Castagnoli's, reflected, start and final XOR all ones (RFC 3720, B.4).
    static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var register = UInt32.max
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1 }
        }
        return ~register
    }

    /// Of an Ogg page whose own checksum reads as 0 (RFC 3533, 6).
    static func ogg(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var register: UInt32 = 0
        for byte in bytes {
            register ^= UInt32(byte) << 24
            for _ in 0..<8 { register = register >> 31 == 1 ? register << 1 ^ 0x04C1_1DB7 : register << 1 }
        }
        return register
    }
}
