/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected, start and final XOR all ones), taken up piece by piece.
///
/// Of "123456789" it is 0xE3069283, of nothing 0 (RFC 3720, B.4). Eight bytes a step by eight tables.
package struct CRC32C: Hashable, Sendable {
    private var register: UInt32 = .max

    package init() {}

    /// The checksum of all bytes so far.
    package var value: UInt32 { ~register }

    package mutating func update(_ bytes: ArraySlice<UInt8>) { unsafe update(bytes.span.bytes) }

    package mutating func update(_ bytes: RawSpan) {
        let tables = Self.tables.span
        var crc = register
        var position = 0
        while bytes.byteCount - position >= 8 {
            // Inside the bounds by the condition of the loop.
            let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(crc)
            crc =
                tables[0x700 | Int(word & 0xFF)] ^ tables[0x600 | Int(word >> 8 & 0xFF)]
                ^ tables[0x500 | Int(word >> 16 & 0xFF)] ^ tables[0x400 | Int(word >> 24 & 0xFF)]
                ^ tables[0x300 | Int(word >> 32 & 0xFF)] ^ tables[0x200 | Int(word >> 40 & 0xFF)]
                ^ tables[0x100 | Int(word >> 48 & 0xFF)] ^ tables[Int(word >> 56)]
            position += 8
        }
        while position < bytes.byteCount {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            crc = tables[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8
            position += 1
        }
        register = crc
    }

    /// Table k, at 256 * k, holds what a byte contributes k bytes later.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for position in 256..<tables.count {
            let before = tables[position - 256]
            tables[position] = tables[Int(before & 0xFF)] ^ before >> 8
        }
        return tables
    }()
}
