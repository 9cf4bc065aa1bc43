/// Reads little-endian fields one behind the other from bytes that a stranger sent. It never reads past their end: a field
/// that does not fit throws `ParseError` with its offset, and the reader stays where it was.
///
/// It stands on a slice, which shares the storage of the array that it was cut from: nothing is copied. (A reader that
/// stores a `RawSpan` needs the experimental feature Lifetimes in Swift 6.3.)
package struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    /// How many bytes were read.
    package private(set) var offset = 0

    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    package init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// How many bytes are left.
    package var left: Int { bytes.count - offset }

    package mutating func u8(_ field: String) throws(ParseError) -> UInt8 {
        UInt8(truncatingIfNeeded: try integer(bytes: 1, field))
    }

    package mutating func u16(_ field: String) throws(ParseError) -> UInt16 {
        UInt16(truncatingIfNeeded: try integer(bytes: 2, field))
    }

    package mutating func i16(_ field: String) throws(ParseError) -> Int16 {
        Int16(bitPattern: try u16(field))
    }

    package mutating func u32(_ field: String) throws(ParseError) -> UInt32 {
        UInt32(truncatingIfNeeded: try integer(bytes: 4, field))
    }

    /// Six bytes; the upper 16 bits of the result are 0.
    package mutating func u48(_ field: String) throws(ParseError) -> UInt64 { try integer(bytes: 6, field) }

    package mutating func u64(_ field: String) throws(ParseError) -> UInt64 { try integer(bytes: 8, field) }

    /// The next `count` bytes.
    package mutating func take(_ count: Int, _ field: String) throws(ParseError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= left else { throw ParseError(.truncated(needed: count, left: left), at: offset, in: field) }
        let start = bytes.startIndex + offset
        offset += count
        return bytes[start..<start + count]
    }

    /// All that is left.
    package mutating func rest() -> ArraySlice<UInt8> {
        let start = bytes.startIndex + offset
        offset = bytes.count
        return bytes[start...]
    }

    private mutating func integer(bytes count: Int, _ field: String) throws(ParseError) -> UInt64 {
        var value: UInt64 = 0
        for byte in try take(count, field).reversed() { value = value << 8 | UInt64(byte) }
        return value
    }
}
