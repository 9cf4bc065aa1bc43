package import Bytes

/// What was written to a card's Control Point: a request, or what to answer to something that is none.
package struct ReceivedRequest: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case request(ControlRequest)
        /// `unknownOpcode` or `badParameter`; `cause` says which parameter.
        case refused(ControlResult, cause: ParseError?)
    }

    /// As it came, known or not.
    package let opcode: UInt8
    package let tag: UInt8
    package let content: Content

    /// nil for fewer than 2 bytes: those get ATT error 0x0D.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes)
        guard let opcode = try? reader.u8("opcode"), let tag = try? reader.u8("tag") else { return nil }
        self.opcode = opcode
        self.tag = tag
        guard let known = ControlOpcode(rawValue: opcode) else {
            content = .refused(.unknownOpcode, cause: nil)
            return
        }
        do throws(ParseError) {
            content = .request(try ControlRequest(known, parameters: &reader))
        } catch {
            content = .refused(.badParameter, cause: error)
        }
    }
}
