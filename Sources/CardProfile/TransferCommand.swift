internal import Bytes

/// What a gateway writes to the Transfer characteristic (Recorder Card Profile, Transfer): 6 bytes.
package struct TransferCommand: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Data notifications numbered below the limit may be sent. It counts from the start of the transfer.
        case credit(limit: UInt32)
        case abort
    }

    package let tag: UInt8
    package let kind: Kind

    package init(tag: UInt8, _ kind: Kind) {
        self.tag = tag
        self.kind = kind
    }

    /// Throws `malformed`; nobody sees the error of a Write Command.
    package init(_ bytes: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            tag = try reader.u8("tag")
            let number = try reader.u8("credit or abort")
            let limit = try reader.u32("limit")
            switch number {
            case 0: kind = .credit(limit: limit)
            case 1: kind = .abort
            default: throw ParseError(.badValue(UInt64(number)), at: 1, in: "credit or abort")
            }
        } catch {
            throw ProfileError(.malformed, "A write to Transfer cannot be read", cause: error)
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 6)
        writer.u8(tag)
        switch kind {
        case .credit(let limit):
            writer.u8(0)
            writer.u32(limit)
        case .abort:
            writer.u8(1)
            writer.u32(0)
        }
        return writer.bytes
    }
}
