internal import Bytes

/// What a card indicates in answer to one request (Recorder Card Profile, Control Point).
package struct ControlResponse: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        case none
        /// READ: bytes that will follow; for lists and the log an estimate.
        case willFollow(UInt64)
        case clock(ClockAnswer)
        /// RECORD: the recording it is about; 0 none.
        case recording(UInt32)
        /// PROVE without parameters.
        case challenge([UInt8])
    }

    /// Of the request, known or not, without bit 7.
    package let opcode: UInt8
    package let tag: UInt8
    package let result: ControlResult
    /// `none` unless the result is success.
    package let answer: Answer

    package init(opcode: UInt8, tag: UInt8, result: ControlResult, answer: Answer = .none) {
        self.opcode = opcode & 0x7F
        self.tag = tag
        self.result = result
        self.answer = result == .success ? answer : .none
    }

    /// What a later minor version appended is ignored. Throws `malformed`.
    package init(_ bytes: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            let first = try reader.u8("opcode")
            guard first & 0x80 != 0 else { throw ParseError(.badValue(UInt64(first)), at: 0, in: "opcode") }
            opcode = first & 0x7F
            tag = try reader.u8("tag")
            result = ControlResult(rawValue: try reader.u8("result"))
            answer = result == .success ? try Self.answer(to: opcode, &reader) : .none
        } catch {
            throw ProfileError(.malformed, "The card's response cannot be read", cause: error)
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 20)
        writer.u8(opcode | 0x80)
        writer.u8(tag)
        writer.u8(result.rawValue)
        switch answer {
        case .none: break
        case .willFollow(let count): writer.u64(count)
        case .clock(let clock): clock.write(to: &writer)
        case .recording(let number): writer.u32(number)
        case .challenge(let challenge): writer.append(challenge)
        }
        return writer.bytes
    }

    private static func answer(to opcode: UInt8, _ reader: inout ByteReader) throws(ParseError) -> Answer {
        switch ControlOpcode(rawValue: opcode) {
        case .read: .willFollow(try reader.u64("bytes that will follow"))
        case .setTime: .clock(try ClockAnswer(&reader))
        case .record: .recording(try reader.u32("recording"))
        case .prove where reader.left > 0: .challenge(Array(try reader.take(OwnerProof.challengeSize, "challenge")))
        default: .none
        }
    }
}
