internal import Bytes

/// CRC-32C as it stands in files.
enum Checksum {
    static func text(of bytes: ArraySlice<UInt8>) -> String {
        var crc = CRC32C()
        crc.update(bytes)
        return text(crc.value)
    }

    static func text(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
