import DBus
import Testing

@Suite struct MarshalledMessageTests {
    @Test func argumentsComeBackAsTheyWere() throws {
        let arguments: [DBusValue] = [
            .string("ä"), .bytes([1, 2]), .properties(["RSSI": .int16(-60), "UUIDs": .strings(["a"])]),
            .structure([.byte(1), .variant(.boolean(true))]),
        ]
        let read = try MarshalledMessage(MarshalledMessage.bytes(of: arguments))
        #expect(read.signature == "saya{sv}(yv)" && read.signal.arguments == arguments)
        #expect(read.signal.member == "Changed" && read.signal.path == .root)
    }

    @Test func whatIsNoMessageIsRefused() throws {
        let bytes = try MarshalledMessage.bytes(of: [.string("x")])
        var long = bytes
        long[4] = 0xFF
        for broken in [[], Array(bytes.dropLast()), long, [UInt8](repeating: 0x6C, count: 64)] {
            let error = #expect(throws: DBusError.self) { try MarshalledMessage(broken) }
            #expect(error?.kind == .invalidMessage)
        }
    }

    /// Each element type is valid; the bus would end the connection over the whole.
    @Test func typesThatNestTooDeepTogetherAreRefused() throws {
        let deepest = try #require(DBusSignature(String(repeating: "a", count: 32) + "y"))
        let error = #expect(throws: DBusError.self) { try MarshalledMessage.bytes(of: [.array(of: deepest, [])]) }
        #expect(error?.kind == .invalidArgument)
        let many = [DBusValue](repeating: .byte(0), count: 256)
        #expect(throws: DBusError.self) { try MarshalledMessage.bytes(of: many) }
        #expect(try MarshalledMessage(MarshalledMessage.bytes(of: Array(many.dropLast()))).signal.arguments.count == 255)
    }

    /// libdbus would end the process over each of these.
    @Test(
        arguments: [
            .structure([]), .string("a\0b"), .variant(.structure([])), .array(of: .string, [.byte(1)]),
            .dictionary(key: .variant, value: .string, []), .array(of: .properties, [.strings([])]),
        ] as [DBusValue])
    func whatCannotBeSentIsRefused(value: DBusValue) {
        let error = #expect(throws: DBusError.self) { try MarshalledMessage.bytes(of: [value]) }
        #expect(error?.kind == .invalidArgument)
    }
}
