/// Writes little-endian fields one behind the other.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: how many bytes will be written, to reserve them at once.
    package init(capacity: Int) { bytes.reserveCapacity(capacity) }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u16(_ value: UInt16) { integer(UInt64(value), bytes: 2) }

    package mutating func i16(_ value: Int16) { u16(UInt16(bitPattern: value)) }

    package mutating func u32(_ value: UInt32) { integer(UInt64(value), bytes: 4) }

    /// The lower 48 bits of the value.
    package mutating func u48(_ value: UInt64) { integer(value, bytes: 6) }

    package mutating func u64(_ value: UInt64) { integer(value, bytes: 8) }

    package mutating func append(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Reserved bytes.
    package mutating func zeros(_ count: Int) { bytes.append(contentsOf: repeatElement(0, count: max(0, count))) }

    private mutating func integer(_ value: UInt64, bytes count: Int) {
        for position in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * position))) }
    }
}
