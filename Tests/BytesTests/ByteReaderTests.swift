import Bytes
import Testing

@Suite struct ByteReaderTests {
    @Test func readsWhatTheWriterWrote() throws {
        var writer = ByteWriter(capacity: 64)
        writer.u8(0xA1)
        writer.u16(0xB1B2)
        writer.i16(-90)
        writer.u32(0xC1C2_C3C4)
        writer.u48(0xFFFF_D1D2_D3D4_D5D6)
        writer.u64(0xE1E2_E3E4_E5E6_E7E8)
        writer.append([1, 2, 3])
        writer.zeros(2)
        #expect(writer.bytes.prefix(3) == [0xA1, 0xB2, 0xB1])
        var reader = ByteReader(writer.bytes)
        #expect(try reader.u8("a") == 0xA1)
        #expect(try reader.u16("b") == 0xB1B2)
        #expect(try reader.i16("c") == -90)
        #expect(try reader.u32("d") == 0xC1C2_C3C4)
        #expect(try reader.u48("e") == 0xD1D2_D3D4_D5D6)
        #expect(try reader.u64("f") == 0xE1E2_E3E4_E5E6_E7E8)
        #expect(try reader.take(3, "g") == [1, 2, 3])
        #expect(reader.rest() == [0, 0])
        #expect(reader.left == 0)
    }

    @Test func aFieldThatDoesNotFitThrowsItsOffsetAndReadsNothing() throws {
        // A slice in the middle of an array: its indices do not start at 0.
        let bytes: [UInt8] = [9, 9, 1, 2, 3, 9, 9]
        var reader = ByteReader(bytes[2..<5])
        #expect(try reader.u8("first") == 1)
        #expect(throws: ParseError(.truncated(needed: 4, left: 2), at: 1, in: "second")) { try reader.u32("second") }
        #expect(throws: ParseError(.truncated(needed: -1, left: 2), at: 1, in: "third")) { try reader.take(-1, "third") }
        #expect(throws: ParseError(.truncated(needed: .max, left: 2), at: 1, in: "fourth")) { try reader.take(.max, "fourth") }
        #expect(reader.left == 2)
        #expect(reader.rest() == [2, 3])
        #expect(throws: ParseError.self) { try reader.u8("fifth") }
        #expect("\(ParseError(.truncated(needed: 4, left: 2), at: 1, in: "size"))" == "size at byte 1 needs 4 bytes and 2 are left")
    }
}
